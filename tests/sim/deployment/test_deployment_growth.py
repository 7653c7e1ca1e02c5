"""What a deployment costs after the first one of its backend, and what a call costs however much is stored."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from biconvex.sim.hosts.javascript import routing
from biconvex.sim.hosts.javascript.engine import JavaScriptEngine, shared_engine
from biconvex.sim.runtime import registry
from biconvex.sim.store import Schema

BACKEND = {
    "schema": (
        "export default defineSchema({ notes: "
        'defineTable({ kind: v.string(), n: v.number() }).index("by_kind", ["kind"]) });'
    ),
    "m": """
        export const fill = mutation({ handler: async (ctx, { count }: any) => {
          await Promise.all(Array.from({ length: count }, (_, n) => ctx.db.insert("notes", { kind: "a", n })));
        } });
        export const newest = query({ handler: async (ctx) => {
          const notes = await ctx.db.query("notes").withIndex("by_kind", (q) => q.eq("kind", "a")).order("desc").take(10);
          return notes.map((note) => note.n);
        } });
        export const all = query({ handler: async (ctx) => (await ctx.db.query("notes").collect()).length });
        export const oneByOne = mutation({ handler: async (ctx) => {
          for (let n = 0; n < 20; n++) await ctx.db.insert("notes", { kind: "b", n });
        } });
    """,
}


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the frames that are sent to Node."""
    sizes: list[int] = []
    send, ask = JavaScriptEngine.send, JavaScriptEngine.ask

    def noted_send(self: JavaScriptEngine, frame: bytes) -> None:
        sizes.append(len(frame))
        send(self, frame)

    def noted_ask(self: JavaScriptEngine, frame: bytes, *rest: object) -> tuple[int, bytes]:
        sizes.append(len(frame))
        return ask(self, frame, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(JavaScriptEngine, "send", noted_send)
    monkeypatch.setattr(JavaScriptEngine, "ask", noted_ask)
    return sizes


@pytest.fixture
def path(written_backends: Callable[..., Path]) -> Path:
    """The backend's folder, from which one deployment was made already."""
    found = written_backends("typescript", BACKEND)
    with Deployment(found) as convex:
        convex.mutation("m:fill", {"count": 1})
    return found


def test_a_second_deployment_starts_no_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a process was started")

    epoch = shared_engine().epoch
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with Deployment(path) as convex:
        convex.mutation("m:fill", {"count": 1})
    assert shared_engine().epoch == epoch


def test_a_second_deployment_reads_and_compiles_nothing_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("something was done again")

    monkeypatch.setattr(registry, "compile_validator", refuse)
    monkeypatch.setattr(Schema, "from_json", refuse)
    monkeypatch.setattr(routing, "_text", refuse)
    with Deployment(path) as convex:
        convex.mutation("m:fill", {"count": 1})


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "m.ts"
    file.write_text("export const a = 1;")
    assert [module.uses_node for module in routing.module_files(tmp_path)] == [False]
    file.write_text('"use node";\nexport const a = 1;')
    assert [module.uses_node for module in routing.module_files(tmp_path)] == [True]
    file.write_text("// nothing is here any more")
    assert routing.module_files(tmp_path) == ()


def test_a_second_deployment_sends_no_code(path: Path, frames: list[int]) -> None:
    with Deployment(path) as convex:
        convex.mutation("m:fill", {"count": 1})
    # It is opened; the function starts, hears of its write, and is over; it is closed.
    assert len(frames) == 4
    assert sum(frames) < 2_000


def test_every_deployment_after_the_first_costs_the_same(path: Path, frames: list[int]) -> None:
    costs = []
    for _ in range(12):
        before = len(frames)
        with Deployment(path, seed=1) as convex:
            convex.mutation("m:fill", {"count": 1})
        costs.append(len(frames) - before)
    assert costs == [4] * 12


def test_a_read_by_index_takes_as_many_round_trips_whatever_is_stored(path: Path, frames: list[int]) -> None:
    trips = []
    with Deployment(path, query_cache=False) as convex:
        for count in (10, 2_000):
            convex.mutation("m:fill", {"count": count})
            before = len(frames)
            assert len(convex.query("m:newest")) == 10
            trips.append(len(frames) - before)
    # The query starts, and gets its first row with those that follow.
    assert trips == [2, 2]


def test_reading_all_takes_a_round_trip_for_a_hundred_rows(path: Path, frames: list[int]) -> None:
    with Deployment(path, query_cache=False) as convex:
        convex.mutation("m:fill", {"count": 2_000})
        before = len(frames)
        assert convex.query("m:all") == 2_000
        assert len(frames) - before <= 2_000 / 100 + 2


def test_writes_that_are_issued_together_share_round_trips(path: Path, frames: list[int]) -> None:
    with Deployment(path) as convex:
        before = len(frames)
        convex.mutation("m:fill", {"count": 2_000})
        together = len(frames) - before
        before = len(frames)
        convex.mutation("m:oneByOne")
        in_turn = len(frames) - before
    assert together <= 2_000 / 256 + 3
    assert in_turn <= 20 + 2
