"""One suite for both languages: the same results, the same documents, the same order of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, OutboundRequest, Reply

CHAT = Path(__file__).parent.parent
SERVICE = "https://llm.example.com/v1/chat"
LANGUAGES = {"typescript": CHAT / "convex", "python": CHAT / "python"}


def echo(request: OutboundRequest) -> Reply:
    """A language model that repeats the last thing said."""
    said = request.json()["messages"][-1]["content"]
    return Reply(json={"choices": [{"message": {"content": f"You said: {said}"}}]}, latency_ms=800)


@pytest.fixture(params=LANGUAGES)
def convex(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    with Deployment(LANGUAGES[request.param], seed=2026) as deployment:
        deployment.outbound.on("POST", SERVICE, echo)
        yield deployment


def enter(convex: Deployment) -> dict[str, Any]:
    """Ada joins and opens a channel: what every message of hers needs."""
    user = convex.mutation("people:join", {"name": "Ada"})
    channel = convex.mutation("channels:open", {"name": "general"})
    return {"authorId": user, "channelId": channel}


def test_a_message_is_answered_by_the_assistant(convex: Deployment) -> None:
    ada = enter(convex)
    convex.mutation("messages:send", {**ada, "content": "hello"})
    convex.run_until_idle()
    assert convex.query("messages:latest", {"channelId": ada["channelId"]}) == [
        {"from": ada["authorId"], "content": "hello"},
        {"from": "assistant", "content": "You said: hello"},
    ]


def test_the_answer_takes_as_long_as_the_service_takes(convex: Deployment) -> None:
    ada = enter(convex)
    convex.mutation("messages:send", {**ada, "content": "hello"})
    convex.advance(milliseconds=799)
    assert len(convex.db.table("messages")) == 1
    convex.advance(milliseconds=1)
    assert len(convex.db.table("messages")) == 2


def test_the_assistant_is_told_what_was_said_before(convex: Deployment) -> None:
    ada = enter(convex)
    for content in ("one", "two"):
        convex.mutation("messages:send", {**ada, "content": content})
        convex.run_until_idle()
    assert convex.outbound.requests[-1].json()["messages"] == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "You said: one"},
        {"role": "user", "content": "two"},
    ]


def test_a_service_that_is_down_is_admitted_to(convex: Deployment) -> None:
    convex.outbound.on("POST", SERVICE, status=503)
    ada = enter(convex)
    convex.mutation("messages:send", {**ada, "content": "hello"})
    convex.run_until_idle()
    assert convex.db.table("messages")[-1]["content"] == "I can't answer right now."
    assert [str(event.detail) for event in convex.trace if event.kind == "log"] == [
        "'the language model answered with status 503'"
    ]


def test_a_channel_name_is_taken_once(convex: Deployment) -> None:
    enter(convex)
    with pytest.raises(ConvexError) as caught:
        convex.mutation("channels:open", {"name": "general"})
    assert caught.value.data == {"code": "name-taken", "name": "general"}
    assert [channel["name"] for channel in convex.query("channels:list")] == ["general"]


def test_clients_cannot_speak_for_the_assistant(convex: Deployment) -> None:
    ada = enter(convex)
    with pytest.raises(FunctionError, match="^Could not find public function for 'assistant:write'"):
        convex.mutation("assistant:write", {"channelId": ada["channelId"], "content": "I am the machine"})


def test_messages_are_swept_away_after_a_week(convex: Deployment) -> None:
    ada = enter(convex)
    convex.as_admin().mutation("cleanup:sweep")
    for day in range(10):
        convex.mutation("messages:send", {**ada, "content": f"day {day}"})
        convex.advance(days=1)
    kept = [document["content"] for document in convex.db.table("messages") if "authorId" in document]
    assert kept == [f"day {day}" for day in range(3, 10)]


def test_a_backlog_is_swept_in_batches(convex: Deployment) -> None:
    ada = enter(convex)
    for number in range(120):
        convex.db.insert("messages", {**ada, "content": str(number)})
    convex.advance(days=8)
    convex.as_admin().mutation("cleanup:sweep")
    left = []
    for _ in range(3):
        left.append(len(convex.db.table("messages")))
        convex.advance(seconds=15)
    assert left == [70, 20, 0]


def a_busy_day(convex: Deployment) -> None:
    ada = enter(convex)
    convex.as_admin().mutation("cleanup:sweep")
    for hour in range(24):
        convex.mutation("messages:send", {**ada, "content": f"it is {hour} o'clock"})
        convex.advance(hours=1)


@pytest.fixture
def run_in() -> Iterator[Callable[[str], Deployment]]:
    made: list[Deployment] = []

    def run(language: str) -> Deployment:
        deployment = Deployment(LANGUAGES[language], seed=7)
        made.append(deployment)
        deployment.outbound.on("POST", SERVICE, echo)
        a_busy_day(deployment)
        return deployment

    yield run
    for deployment in made:
        deployment.close()


def test_both_languages_live_the_same_day(run_in: Callable[[str], Deployment]) -> None:
    typescript, python = run_in("typescript"), run_in("python")
    assert [str(event) for event in typescript.trace] == [str(event) for event in python.trace]
    assert typescript.trace.digest == python.trace.digest
    for table in ("users", "channels", "messages", "_scheduled_functions"):
        assert typescript.db.table(table) == python.db.table(table)
