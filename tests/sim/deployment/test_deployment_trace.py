"""The trace: what tests ask of it, and what it is as text and as files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from biconvex.sim import Deployment, FunctionError
from biconvex.sim.kernel import EVENT_KINDS, read_jsonl

TYPESCRIPT = """
export const add = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); if (text === "bad") throw new Error("no good"); } });
export const slow = action({ args: {}, handler: async (ctx) => { await new Promise((resolve) => setTimeout(resolve, 2000)); await ctx.runMutation(api.m.add, { text: "x" }); } });
export const later = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(60_000, api.m.slow, {}); await ctx.scheduler.runAfter(60_500, api.m.slow, {}); } });
"""
PYTHON = """
@mutation(args={"text": v.string()})
async def add(ctx, args):
    await ctx.db.insert("notes", {"text": args["text"]})
    if args["text"] == "bad":
        raise Exception("no good")

@action(args={})
async def slow(ctx, args):
    await asyncio.sleep(2)
    await ctx.run_mutation(api.m.add, {"text": "x"})

@mutation(args={})
async def later(ctx, args):
    await ctx.scheduler.run_after(60_000, api.m.slow, {})
    await ctx.scheduler.run_after(60_500, api.m.slow, {})
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    deployment: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, seed=5)
    deployment.mutation("m:later")
    deployment.run_until_idle()
    with pytest.raises(FunctionError):
        deployment.mutation("m:add", {"text": "bad"})
    return deployment


def test_a_trace_tells_what_ran(convex: Deployment) -> None:
    assert (convex.trace.ran("m:slow"), convex.trace.ran("m:later"), convex.trace.ran("m:other")) == (
        True,
        True,
        False,
    )


def test_a_function_that_failed_has_not_run(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    with pytest.raises(FunctionError):
        convex.mutation("m:add", {"text": "bad"})
    assert not convex.trace.ran("m:add")
    assert [run.error for run in convex.trace.runs("m:add")] == ["Uncaught Error: no good"]


def test_runs_have_their_times_and_their_callers(convex: Deployment) -> None:
    start = convex.now - 62_500
    first, second = convex.trace.runs("m:slow")
    assert [(run.started_ms - start, run.ended_ms and run.ended_ms - start) for run in (first, second)] == [
        (60_000, 62_000),
        (60_500, 62_500),
    ]
    assert [run.parent for run in convex.trace.runs("m:add")] == [first.number, second.number, 0]


def test_events_are_counted_and_chosen(convex: Deployment) -> None:
    assert (
        convex.trace.count("insert"),
        convex.trace.count("insert", "notes"),
        convex.trace.count("conflict"),
    ) == (3, 3, 0)
    assert [event.subject for event in convex.trace.events("start", "m:slow")] == ["m:slow", "m:slow"]
    assert convex.trace.between(convex.now, convex.now)[0].kind == "start"


def test_every_kind_of_event_has_a_meaning(convex: Deployment) -> None:
    assert {event.kind for event in convex.trace} <= set(EVENT_KINDS)


def test_a_trace_as_text_ends_with_what_its_kinds_mean(convex: Deployment) -> None:
    text = str(convex.trace)
    lines, kinds = text.split("\n\nkinds:\n")
    assert lines.splitlines()[0] == "number  virtual time (UTC)         run  kind          subject and detail"
    assert re.fullmatch(
        r'     1  2026-01-01 00:00:00\.000      0  call          m:later  \{"kind":"mutation"\}',
        lines.splitlines()[1],
    )
    assert kinds.splitlines()[:2] == [
        "  call          a test calls a function",
        "  start         a function begins to run; a mutation that is retried begins anew",
    ]


def test_a_trace_is_saved_and_read_again(convex: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    convex.trace.save(file)
    assert file.read_bytes().splitlines()[0] == b'{"format":"biconvex-trace","version":1,"seed":5}'
    assert [str(event) for event in read_jsonl(file)] == [str(event) for event in convex.trace]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no trace of Biconvex"),
        ("[1]\n", "is no trace of Biconvex"),
        (
            '{"format":"biconvex-trace","version":2}\n',
            "has version 2 of the trace's format, and this Biconvex reads 1",
        ),
    ],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text(content)
    with pytest.raises(ValueError, match=message):
        read_jsonl(file)


def test_a_timeline_has_functions_as_bars_side_by_side(convex: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "timeline.json"
    convex.trace.save_timeline(file)
    events = msgspec.json.decode(file.read_bytes())["traceEvents"]
    bars = [event for event in events if event["ph"] == "X" and event["name"] == "m:slow"]
    assert [(bar["dur"], bar["tid"]) for bar in bars] == [(2_000_000, 0), (2_000_000, 1)]
    names = {event["args"]["name"] for event in events if event["name"] == "process_name"}
    assert names == {"action functions", "deployment", "mutation functions"}
    assert len([event for event in events if event["ph"] == "i" and event["cat"] == "insert"]) == 3
