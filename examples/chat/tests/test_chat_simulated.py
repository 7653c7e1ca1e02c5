"""Many talk at once, and everything that can go wrong does: names stay unique, nobody is answered twice."""

from __future__ import annotations

from typing import Any

from biconvex.sim import Deployment
from biconvex.sim.explore import BodyChoices, simulate
from test_chat import SERVICE, echo, enter

SEEDS = 3


def names_are_unique(db: Any) -> None:
    names = [channel["name"] for channel in db.table("channels")]
    assert len(names) == len(set(names)), names


def answers_are_never_more_than_messages(db: Any) -> None:
    """Actions run at most once: a message may stay without an answer, and never has two."""
    messages = db.table("messages")
    asked = sum("authorId" in message for message in messages)
    assert len(messages) - asked <= asked


def nothing_is_older_than_a_week_and_two_hours(convex: Deployment) -> None:
    oldest = convex.now - (7 * 24 + 2) * 3_600_000
    assert all(message["_creationTime"] > oldest for message in convex.db.table("messages"))


def a_lively_week(convex: Deployment, choices: BodyChoices) -> None:
    convex.outbound.on("POST", SERVICE, echo)
    ada = enter(convex)
    convex.as_admin().mutation("cleanup:sweep")
    convex.invariant(names_are_unique)
    convex.invariant(answers_are_never_more_than_messages)
    users = [convex.client(as_user="ada"), convex.client(as_user="bo")]
    with convex.faults("swarm"):
        for _ in choices.times(5, 2):
            said = [
                choices.pick(users).call("messages:send", {**ada, "content": str(number)})
                for number in choices.times(4, 1)
            ]
            opened = [user.call("channels:open", {"name": "news"}) for user in users]
            convex.concurrently(*said, *opened)
            convex.advance(days=choices.integer(0, 2))
    convex.advance(hours=2)
    nothing_is_older_than_a_week_and_two_hours(convex)


@simulate(seeds=SEEDS, project="../convex")
def test_a_lively_week_in_typescript(convex: Deployment, choices: BodyChoices) -> None:
    a_lively_week(convex, choices)


@simulate(seeds=SEEDS, project="../python")
def test_a_lively_week_in_python(convex: Deployment, choices: BodyChoices) -> None:
    a_lively_week(convex, choices)
