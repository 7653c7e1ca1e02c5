"""A month of the blog, in TypeScript and in Python: the same results and the same documents."""

from __future__ import annotations

from typing import Any

from biconvex.sim import Deployment
from blog_kit import Deploy, Provider, found_organization, pages, register, webhook, write

TABLES = ("users", "organizations", "posts", "comments", "orders", "payments")
SPOKEN = ("bread", "soup", "long winter evenings", "bread and soup", "nothing at all")


def a_month(convex: Deployment) -> list[Any]:
    """Live it; what the functions answered."""
    provider = Provider(convex)
    (ada, acme), bo = found_organization(convex), register(convex, "Bo")
    bo.mutation("organizations:join", {"slug": "acme"})
    said: list[Any] = []
    for day in range(30):
        author = (ada, bo)[day % 2]
        post = write(author, acme, f"day {day}", f"{SPOKEN[day % 5]} {'more ' * day}", publish=day % 4 != 0)
        if day % 4:
            said += [bo.mutation("comments:add", {"postId": post, "content": text}) for text in SPOKEN]
        if day % 7 == 5:
            said.append(author.mutation("posts:remove", {"postId": post}))
        amount = 10 + day
        created = bo.mutation("orders:create", {"amount": amount})
        if day % 3 == 0:
            said.append(bo.action("checkout:pay", {"orderId": created}))
        if day % 3 == 1:
            charge = {"paymentId": f"other_{day}", "orderId": created, "amount": amount}
            said += [answer.status for answer in convex.deliver(webhook(charge), *provider.webhooks())]
        if day % 10 == 9:
            bo.mutation("users:rename", {"name": f"Bo {day}"})
        convex.advance(days=1)
    said.append(pages(ada, "reading:page", 7, organizationId=acme))
    said.append(pages(ada, "reading:long", 4, organizationId=acme, words=12))
    return [*said, *(convex.query("reading:search", {"query": text}) for text in SPOKEN)]


def without_chance(value: Any, orders: dict[str, str]) -> Any:
    """A value with the n-th order's id, whose end is random, in the form `order n`."""
    if isinstance(value, dict):
        return {key: without_chance(found, orders) for key, found in value.items()}
    if isinstance(value, list):
        return [without_chance(found, orders) for found in value]
    return orders.get(value, value) if isinstance(value, str) else value


def remembered(convex: Deployment) -> dict[str, Any]:
    orders = {found["orderId"]: f"order {n}" for n, found in enumerate(convex.db.table("orders"))}
    tables = (*TABLES, "_scheduled_functions")
    return {table: without_chance(convex.db.table(table), orders) for table in tables}


def test_both_languages_live_the_same_month(deploy: Deploy) -> None:
    typescript, python = deploy("typescript"), deploy("python")
    assert a_month(typescript) == a_month(python)
    assert remembered(typescript) == remembered(python)
    statuses = [found["status"] for found in python.db.table("orders")]
    assert {status: statuses.count(status) for status in sorted(set(statuses))} == {
        "cancelled": 8,
        "paid": 20,
        "pending": 2,
    }
