"""Several people write at once while everything goes wrong that may: what is whose stays so, and nothing gets lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from biconvex.sim import Deployment
from biconvex.sim.deployment import ReadOnlyTables
from biconvex.sim.explore import BodyChoices, simulate
from documents_kit import ENVIRONMENT, FEED, LANGUAGES, MODEL, Feed, deliver, event, model, tables, write

PEOPLE = ("ada", "bob", "eve")


def one_for_each(table: str, field: str) -> Callable[[ReadOnlyTables], bool]:
    """The invariant that no two documents of a table have the same key."""

    def check(db: ReadOnlyTables) -> bool:
        keys = [document[field] for document in db.table(table)]
        return len(set(keys)) == len(keys)

    check.__name__ = f"one_of_{table}_for_each_{field}"
    return check


def office(convex: Deployment, choices: BodyChoices) -> None:
    """An afternoon in an office, while connections, services and processes fail; then calm."""
    feed, written = Feed(), dict[str, str]()
    convex.outbound.on("POST", MODEL, model)
    convex.outbound.on("GET", FEED, feed)
    for table, field in (
        ("payments", "paymentId"),
        ("subscriptions", "subscriptionId"),
        ("reports", "day"),
        ("imports", "externalId"),
    ):
        convex.invariant(one_for_each(table, field))

    @convex.invariant
    def every_document_says_what_its_owner_wrote(db: ReadOnlyTables) -> None:
        for document in db.table("documents"):
            assert document["ownerId"].endswith(f"|{document['content'].partition(':')[0]}")

    @convex.invariant
    def every_summary_is_of_the_content(db: ReadOnlyTables) -> None:
        for document in db.table("documents"):
            assert document.get("summary", document["content"].split()[0]) == document["content"].split()[0]

    clients = {person: convex.client(as_user=person) for person in PEOPLE}
    cancelled: set[str] = set()
    lost: list[tuple[str, dict[str, Any]]] = []
    for number in choices.times(15):
        who, document = choices.pick(PEOPLE), choices.pick(list(written)) if written else ""
        step = choices.pick(["write", "update", "summarize", "remove", "feed", "pay", "wait"])
        if document and choices.chance(0.7):
            who = written[document]
        client, text = clients[who], f"{who}:{number} in full"
        if step == "write" or (not document and step in {"update", "summarize", "remove"}):
            written[write(client, f"{who}:{number}")] = who
        elif step == "update":
            convex.concurrently(client.call("documents:update", {"id": document, "content": text}))
        elif step == "summarize":
            convex.concurrently(
                client.call("summaries:summarize", {"id": document}),
                client.call("documents:update", {"id": document, "content": text}),
            )
        elif step == "remove":
            (outcome,) = convex.concurrently(client.call("documents:remove", {"id": document}))
            if outcome.ok:
                del written[document]
        elif step == "feed":
            feed.change(choices.pick(["a", "b"]), f"title {number}")
        elif step == "pay":
            subscription = choices.pick(["s1", "s2"])
            cancelled.add(subscription)
            events = [
                ("payment.completed", {"id": f"p{number}", "amount": 100}),
                ("subscription.started", {"id": subscription}),
                ("subscription.cancelled", {"id": subscription}),
            ]
            responses = convex.deliver(*(event(convex, *told) for told in events))
            lost += [told for told, response in zip(events, responses, strict=True) if not response.ok]
        else:
            convex.advance(minutes=choices.pick([1, 7, 60]))
    convex.calm()
    for told in lost:  # who sends webhooks sends them again until they are taken
        assert deliver(convex, *told).ok
    convex.advance(minutes=10)
    assert [document["_id"] for document in convex.db.table("documents")] == list(written)
    assert {found["externalId"]: found["title"] for found in convex.db.table("imports")} == feed.titles
    subscriptions = convex.db.table("subscriptions")
    assert {(found["subscriptionId"], found["status"]) for found in subscriptions} == {
        (subscription, "cancelled") for subscription in cancelled
    }


@simulate(seeds=12, project="../convex", env=ENVIRONMENT, faults="swarm")
def test_an_office_in_typescript_keeps_what_is_whose(convex: Deployment, choices: BodyChoices) -> None:
    office(convex, choices)


@simulate(seeds=12, project="../python", env=ENVIRONMENT, faults="swarm")
def test_an_office_in_python_keeps_what_is_whose(convex: Deployment, choices: BodyChoices) -> None:
    office(convex, choices)


def three_days(language: str) -> tuple[list[Any], dict[str, Any]]:
    """Three days without any fault: what was answered, and what is left in the tables."""
    feed, answers = Feed(), []
    with Deployment(LANGUAGES[language], seed=7, env=ENVIRONMENT) as convex:
        convex.outbound.on("POST", MODEL, model)
        convex.outbound.on("GET", FEED, feed)
        ada, bob = convex.as_user(subject="ada"), convex.as_user(subject="bob")
        for day in range(3):
            documents = [write(ada, f"Day {day}"), write(bob, f"Night {day}", public=True)]
            for caller, document in zip((ada, bob), documents, strict=True):
                answers.append(caller.action("summaries:summarize", {"id": document}))
            answers += [convex.fetch(f"/api/documents/{document}").json() for document in documents]
            feed.change("a", f"title {day}")
            deliver(convex, "payment.completed", {"id": f"p{day // 2}", "amount": 100})
            convex.advance(days=1)
            ada.mutation("documents:mark", {"ids": documents[:1], "status": "published"})
            bob.mutation("documents:remove", {"id": documents[1]})
            answers += [ada.query("documents:mine"), ada.query("reports:latest")]
        assert convex.findings == []
        return answers, tables(convex)


def test_both_languages_live_the_same_three_days() -> None:
    typescript, python = three_days("typescript"), three_days("python")
    assert typescript == python
    assert [report["created"] for report in typescript[1]["reports"]] == [0, 1, 1]
