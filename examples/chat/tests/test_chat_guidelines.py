"""The guidelines of mutations, one after the other: how they are called, what they throw, what they may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Limits, Reply
from test_chat import LANGUAGES, SERVICE, enter

MIB = 1 << 20
TOO_MUCH_READ = (
    "Uncaught Error: Too many {} read in a single function execution (limit: {}). Consider using smaller limits in "
    "your queries, paginating your queries, or using indexed queries with a selective index range expressions."
)


@pytest.fixture(params=LANGUAGES)
def convex(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    with Deployment(LANGUAGES[request.param], seed=2026, limits=Limits.guidelines()) as deployment:
        answer = {"choices": [{"message": {"content": "Yes."}}]}
        deployment.outbound.on("POST", SERVICE, Reply(json=answer, latency_ms=800))
        yield deployment


@pytest.fixture
def ada(convex: Deployment) -> dict[str, Any]:
    return enter(convex)


def headline(error: pytest.ExceptionInfo[FunctionError]) -> str:
    return str(error.value).partition("\n")[0]


# --- functions and references -------------------------------------------------------------------------------


def test_what_returns_nothing_returns_null(convex: Deployment, ada: dict[str, Any]) -> None:
    message = convex.mutation("messages:send", {**ada, "content": "hello"})
    assert convex.mutation("messages/access:edit", {"messageId": message, "content": "hi"}) is None


def test_a_function_in_a_folder_is_named_by_its_path(convex: Deployment) -> None:
    found = {(found.path, found.visibility) for found in convex.functions if "messages" in found.path}
    assert found == {
        ("messages:send", "public"),
        ("messages:latest", "public"),
        ("messages/access:edit", "public"),
        ("messages/access:redact", "public"),
    }


# --- patch and replace --------------------------------------------------------------------------------------


def test_a_patch_keeps_what_it_does_not_name(convex: Deployment, ada: dict[str, Any]) -> None:
    message = convex.mutation("messages:send", {**ada, "content": "helo"})
    before = convex.db.get(message)
    convex.mutation("messages/access:edit", {"messageId": message, "content": "hello"})
    assert before is not None
    assert convex.db.get(message) == {**before, "content": "hello"}


def test_a_replacement_keeps_nothing_but_id_and_time(convex: Deployment, ada: dict[str, Any]) -> None:
    message = convex.mutation("messages:send", {**ada, "content": "secret"})
    before = convex.db.get(message)
    convex.mutation("messages/access:redact", {"messageId": message, "channelId": ada["channelId"]})
    assert before is not None
    del before["authorId"]
    assert convex.db.get(message) == {**before, "content": "[redacted]"}


@pytest.mark.parametrize("function", ["edit", "redact"])
def test_both_throw_where_there_is_no_document(
    convex: Deployment, ada: dict[str, Any], function: str
) -> None:
    message = convex.mutation("messages:send", {**ada, "content": "old"})
    convex.advance(days=8)
    convex.as_admin().mutation("cleanup:sweep")
    given = {"edit": {"content": "new"}, "redact": {"channelId": ada["channelId"]}}[function]
    with pytest.raises(FunctionError) as caught:
        convex.mutation(f"messages/access:{function}", {"messageId": message, **given})
    operation = {"edit": "Update", "redact": "Replace"}[function]
    assert headline(caught) == f"Uncaught Error: {operation} on nonexistent document ID {message}"


# --- scheduling ---------------------------------------------------------------------------------------------


def test_a_mutation_that_fails_has_scheduled_nothing(convex: Deployment, ada: dict[str, Any]) -> None:
    convex.takes("messages:send", milliseconds=1001)
    with pytest.raises(FunctionError):
        convex.mutation("messages:send", {**ada, "content": "hello"})
    assert convex.db.table("_scheduled_functions") == []
    assert convex.db.table("messages") == []


def test_nobody_is_logged_in_in_a_job(convex: Deployment, ada: dict[str, Any]) -> None:
    seen = []

    async def look(ctx: Any, _args: Any) -> None:
        seen.append(await ctx.auth.get_user_identity())

    convex.stub("assistant:answer", look)
    convex.as_user(subject="ada").mutation("messages:send", {**ada, "content": "hello"})
    convex.run_until_idle()
    assert seen == [None]


def test_nothing_schedules_itself_too_often(convex: Deployment, ada: dict[str, Any]) -> None:
    for number in range(120):
        convex.db.insert("messages", {**ada, "content": str(number)})
    convex.as_admin().mutation("cleanup:sweep")
    convex.advance(days=9)
    assert convex.db.table("messages") == []
    assert [finding.rule for finding in convex.findings] == []


# --- limits -------------------------------------------------------------------------------------------------


def refused(convex: Deployment, kind: str, function: str, args: dict[str, Any]) -> str:
    with pytest.raises(FunctionError) as caught:
        getattr(convex.as_admin(), kind)(function, args)
    return headline(caught)


def fill(convex: Deployment, ada: dict[str, Any], count: int, length: int = 1) -> None:
    """Fill the channel, with no more in one mutation than it may write."""
    most = min(8192, 7 * MIB // length)
    while count > 0:
        some = min(count, most)
        convex.as_admin().mutation("load:write", {**channel(ada), "count": some, "length": length})
        count -= some


def channel(ada: dict[str, Any]) -> dict[str, Any]:
    return {"channelId": ada["channelId"]}


def test_arguments_have_at_most_8_mib(convex: Deployment, ada: dict[str, Any]) -> None:
    said = refused(convex, "mutation", "messages:send", {**ada, "content": "x" * (8 * MIB)})
    assert said == "Arguments for messages.js:send are too large (actual: 8.00 MiB, limit: 8 MiB)"


def test_results_have_at_most_8_mib(convex: Deployment) -> None:
    assert len(convex.as_admin().query("load:give", {"length": 8 * MIB - 10})) == 8 * MIB - 10
    said = refused(convex, "query", "load:give", {"length": 8 * MIB})
    assert said == "Function load.js:give return value is too large (actual: 8.00 MiB, limit: 8 MiB)"


def test_a_function_reads_at_most_16384_documents(convex: Deployment, ada: dict[str, Any]) -> None:
    fill(convex, ada, 16_384)
    assert convex.as_admin().query("load:read", channel(ada)) == 16_384
    fill(convex, ada, 1)
    said = refused(convex, "query", "load:read", channel(ada))
    assert said == TOO_MUCH_READ.format("documents", "16384")


def test_a_function_reads_at_most_8_mib(convex: Deployment, ada: dict[str, Any]) -> None:
    fill(convex, ada, 9, 1_000_000)
    said = refused(convex, "query", "load:read", channel(ada))
    assert said == TOO_MUCH_READ.format("bytes", "8388608 bytes")


def test_a_mutation_writes_at_most_8192_documents(convex: Deployment, ada: dict[str, Any]) -> None:
    said = refused(convex, "mutation", "load:write", {**channel(ada), "count": 8193, "length": 1})
    assert said == "Uncaught Error: Too many writes in a single function execution (limit: 8192)"
    assert convex.db.table("messages") == []


def test_a_mutation_writes_at_most_8_mib(convex: Deployment, ada: dict[str, Any]) -> None:
    said = refused(convex, "mutation", "load:write", {**channel(ada), "count": 9, "length": 1_000_000})
    assert said == "Uncaught Error: Too many bytes written in a single function execution (limit: 8 MiB)"
    assert convex.db.table("messages") == []


@pytest.mark.parametrize(("milliseconds", "ok"), [(999, True), (1001, False)])
def test_a_mutation_takes_at_most_a_second(
    convex: Deployment, ada: dict[str, Any], milliseconds: int, ok: bool
) -> None:
    convex.takes("messages:send", milliseconds=milliseconds)
    if ok:
        convex.mutation("messages:send", {**ada, "content": "hello"})
    else:
        said = refused(convex, "mutation", "messages:send", {**ada, "content": "hello"})
        assert said == "Function execution timed out (maximum duration: 1s)"
