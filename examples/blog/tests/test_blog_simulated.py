"""Whatever goes wrong, in whatever order: no comment without a post, no money twice, no order forever open."""

from __future__ import annotations

from collections import Counter
from typing import Any

from biconvex.sim import Deployment
from biconvex.sim.explore import BodyChoices, simulate
from blog_kit import SECRETS, Provider, found_organization, register, webhook, write

SEEDS = 3


def comments_have_their_post(db: Any) -> None:
    posts = {post["_id"] for post in db.table("posts")}
    assert all(comment["postId"] in posts for comment in db.table("comments"))


def slugs_and_addresses_are_unique(db: Any) -> None:
    slugs = [organization["slug"] for organization in db.table("organizations")]
    addresses = [user["email"] for user in db.table("users")]
    assert len(slugs) == len(set(slugs)), slugs
    assert len(addresses) == len(set(addresses)), addresses


def orders_tell_what_was_paid(db: Any) -> None:
    """An order is paid if there is one payment. If there are more, or if it came too late, some of it goes back."""
    payments = Counter(payment["orderId"] for payment in db.table("payments"))
    assert len({payment["paymentId"] for payment in db.table("payments")}) == sum(payments.values())
    for order in db.table("orders"):
        status, paid = order["status"], payments[order["orderId"]]
        fits = {"pending": paid == 0, "cancelled": paid == 0, "paid": paid == 1, "refunding": paid >= 1}
        assert fits[status], (status, paid)


def all_is_settled(db: Any) -> None:
    """No order waits for ever, no post is half removed, and every post has its author's present name."""
    assert not [order for order in db.table("orders") if order["status"] == "pending"]
    names = {user["_id"]: user["name"] for user in db.table("users")}
    for post in db.table("posts"):
        assert post["status"] != "removing"
        assert post["authorName"] == names[post["authorId"]], post


def a_busy_blog(convex: Deployment, choices: BodyChoices) -> None:
    """Write, comment, remove, order and pay side by side, as the seed has it, with all that can fail failing."""
    provider = Provider(convex)
    (ada, acme), bo = found_organization(convex), register(convex, "Bo")
    for invariant in (comments_have_their_post, slugs_and_addresses_are_unique, orders_tell_what_was_paid):
        convex.invariant(invariant)
    posts = [write(ada, acme, f"post {number}") for number in range(3)]
    for number in range(choices.pick([0, 99, 100, 150])):
        text = {"content": str(number), "createdAt": convex.now}
        author = convex.db.table("users")[0]["_id"]
        convex.db.insert("comments", {"postId": posts[0], "authorId": author, **text})

    def something() -> Any:
        orders = [order["orderId"] for order in convex.db.table("orders")] or ["none"]
        post, order_id = choices.pick(posts), choices.pick(orders)
        charge = {"paymentId": f"direct_{order_id}", "orderId": order_id, "amount": 20}
        return choices.pick(
            [
                bo.call("comments:add", {"postId": post, "content": "first"}),
                ada.call("posts:remove", {"postId": post}),
                bo.call("orders:create", {"amount": 20}),
                bo.call("checkout:pay", {"orderId": order_id}),
                webhook(charge),
                ada.call("users:rename", {"name": f"Ada {choices.integer(1, 9)}"}),
                bo.call("organizations:create", {"name": "New", "slug": "new"}),
            ]
        )

    with convex.faults("swarm"):
        for _ in choices.times(8, 3):
            convex.concurrently(*(something() for _ in choices.times(5, 2)))
            convex.deliver(*provider.webhooks())
            convex.advance(days=choices.integer(0, 2))
    convex.eventually(all_is_settled)
    convex.calm()


@simulate(seeds=SEEDS, project="../convex", env=SECRETS)
def test_the_blog_keeps_its_promises_in_typescript(convex: Deployment, choices: BodyChoices) -> None:
    a_busy_blog(convex, choices)


@simulate(seeds=SEEDS, project="../python", env=SECRETS)
def test_the_blog_keeps_its_promises_in_python(convex: Deployment, choices: BodyChoices) -> None:
    a_busy_blog(convex, choices)
