"""The fuzzer: what it draws, what it finds in either language, and how it shows that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from biconvex.sim import Deployment, FunctionError, UsageError
from biconvex.sim.explore import (
    FuzzFailure,
    FuzzFinding,
    FuzzReport,
    FuzzSeedResult,
    fuzz,
    fuzz_report,
    fuzz_seed,
)
from biconvex.sim.explore.seen import Seen
from biconvex.sim.explore.session import Found, Rules, Session
from biconvex.sim.explore.steps import Call
from biconvex.sim.explore.strategies import Arguments
from biconvex.sim.values import Int64, v
from hypothesis import given, settings
from hypothesis import strategies as st

Write = Callable[[str, Any], Path]

TYPESCRIPT = """
export const create = mutation({ args: { title: v.string() }, handler: async (ctx, args) => await ctx.db.insert("tasks", args) });
export const remove = mutation({ args: { id: v.id("tasks") }, handler: async (ctx, { id }) => { if ((await ctx.db.get(id)) === null) throw new ConvexError("gone"); await ctx.db.delete(id); } });
export const title = query({ args: { id: v.id("tasks") }, handler: async (ctx, { id }) => (await ctx.db.get(id)).title });
export const remind = mutation({ args: { id: v.id("tasks") }, handler: async (ctx, args) => { await ctx.scheduler.runAfter(60_000, internal.m.touch, args); } });
export const touch = internalMutation({ args: { id: v.id("tasks") }, handler: async (ctx, { id }) => { await ctx.db.patch(id, { reminded: true }); } });
export const page = query({ args: { paginationOpts: v.object({ numItems: v.number(), cursor: v.union(v.string(), v.null()) }) }, handler: async (ctx, args) => await ctx.db.query("tasks").paginate(args.paginationOpts) });
"""
PYTHON = """
@mutation(args={"title": v.string()})
async def create(ctx, args):
    return await ctx.db.insert("tasks", args)

@mutation(args={"id": v.id("tasks")})
async def remove(ctx, args):
    if await ctx.db.get(args["id"]) is None:
        raise ConvexError("gone")
    await ctx.db.delete(args["id"])

@query(args={"id": v.id("tasks")})
async def title(ctx, args):
    return (await ctx.db.get(args["id"]))["title"]

@mutation(args={"id": v.id("tasks")})
async def remind(ctx, args):
    await ctx.scheduler.run_after(60_000, internal.m.touch, args)

@internal_mutation(args={"id": v.id("tasks")})
async def touch(ctx, args):
    await ctx.db.patch(args["id"], {"reminded": True})

@query(args={"paginationOpts": v.object({"numItems": v.number(), "cursor": v.union(v.string(), v.null())})})
async def page(ctx, args):
    return await ctx.db.query("tasks").paginate(args["paginationOpts"])
"""
SOURCES = {"typescript": TYPESCRIPT, "python": PYTHON}
SHORT = {"runs": 8, "max_calls": 25, "shrink_runs": 10}
TITLES = ["m:create", "m:title", "m:remove"]


@pytest.fixture
def project(language: str, written_backends: Write) -> Path:
    return written_backends(language, SOURCES[language])


# --- arguments -------------------------------------------------------------------------------------------------

VALIDATOR = v.object(
    {
        "text": v.string(),
        "number": v.number(),
        "big": v.int64(),
        "flag": v.boolean(),
        "bytes": v.bytes(),
        "nothing": v.null(),
        "one": v.literal("x"),
        "seven": v.literal(Int64(7)),
        "id": v.id("tasks"),
        "file": v.id("_storage"),
        "list": v.array(v.union(v.string(), v.object({"deep": v.any()}))),
        "record": v.record(v.string(), v.number()),
        "by_task": v.record(v.id("tasks"), v.array(v.boolean())),
        "maybe": v.optional(v.nullable(v.number())),
        "anything": v.any(),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_drawn_arguments_pass_their_validator(drawing: Deployment, data: st.DataObject) -> None:
    seen = Seen(drawing)
    value = seen.resolved(data.draw(Arguments().of(VALIDATOR)))
    assert VALIDATOR.check(value, drawing._runtime.store.tables_of("")) is None


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("drawing")
    (folder / "m.py").write_text(
        "from biconvex.sim.server import query\n@query(args={})\nasync def q(ctx, args): ...\n"
    )
    with Deployment(folder) as convex:
        convex.db.insert("tasks", {"title": "known text"})
        yield convex


def test_ids_are_mostly_of_documents_that_exist_and_texts_often_known(drawing: Deployment) -> None:
    seen, known = Seen(drawing), drawing.db.table("tasks")[0]
    drawn: list[dict[str, Any]] = []

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(Arguments().of(v.object({"id": v.id("tasks"), "text": v.string()})))
    def draw(value: Any) -> None:
        drawn.append(seen.resolved(value))

    draw()
    existing = sum(value["id"] == known["_id"] for value in drawn)
    assert 200 < existing < 300
    assert any(value["text"] == "known text" for value in drawn)


# --- findings --------------------------------------------------------------------------------------------------


def test_it_finds_uncaught_errors_and_failing_jobs_and_nothing_else(project: Path) -> None:
    report = fuzz_report(project, seeds=1, **SHORT)
    assert [(finding.kind, finding.function) for finding in report.findings] == [
        ("error", "m:title"),
        ("job", "m:touch"),
    ]
    assert report.unreached == []
    assert report.complete


def test_a_finding_is_a_short_program_that_shows_it(project: Path) -> None:
    report = fuzz_report(project, seeds=1, functions=TITLES, **SHORT)
    (finding,) = report.findings
    assert len(finding.program) <= 7
    with pytest.raises(FunctionError) as caught:
        exec("\n".join(finding.program), {})
    assert str(caught.value).partition("\n")[0] == finding.message


def test_a_failing_job_is_a_program_that_asserts(project: Path) -> None:
    report = fuzz_report(project, seeds=1, functions=["m:create", "m:remind", "m:remove"], **SHORT)
    (finding,) = report.findings
    with pytest.raises(AssertionError):
        exec("\n".join(finding.program), {})


def test_the_same_seed_finds_the_same(project: Path) -> None:
    plan = {**SHORT, "runs": 3}
    first, second = (fuzz_seed(project, 3, functions=TITLES, **plan) for _ in range(2))
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


def test_a_test_fails_with_the_report(project: Path) -> None:
    with Deployment(project, seed=5) as convex, pytest.raises(FuzzFailure) as caught:
        fuzz(convex, seeds=1, functions=TITLES, **SHORT)
    assert str(caught.value).startswith(f"fuzzing {project}\n\nm:title  error\n  Uncaught TypeError: ")
    assert str(caught.value).endswith("Functions that returned at least once: 3 of 3.")


def test_setup_stands_before_everything(project: Path) -> None:
    def setup(convex: Deployment) -> None:
        convex.stub("m:title", returns="a title")

    report = fuzz(project, seeds=1, setup=setup, functions=TITLES, runs=5, max_calls=20)
    assert report.findings == ()


def test_a_promise_that_nobody_awaits_is_found(written_backends: Write) -> None:
    source = """
@mutation(args={})
async def remind(ctx, args):
    ctx.scheduler.run_after(60_000, internal.m.touch, {})

@internal_mutation(args={})
async def touch(ctx, args): ...
"""
    report = fuzz_report(written_backends("python", source), seeds=1, runs=4, max_calls=5)
    assert [(finding.kind, finding.function) for finding in report.findings] == [
        ("floating-promise", "m:remind")
    ]


def test_reads_that_grow_with_a_table_are_found(written_backends: Write) -> None:
    source = """
@mutation(args={})
async def add(ctx, args):
    await ctx.db.insert("notes", {})

@query(args={})
async def every(ctx, args):
    return len(await ctx.db.query("notes").collect())

@query(args={})
async def some(ctx, args):
    return len(await ctx.db.query("notes").take(10))
"""
    with Deployment(written_backends("python", source)) as convex:
        session = Session(convex, Rules(), frozenset())
        session.do(Call("m:add", "mutation", {}, times=1_100))
        session.do(Call("m:some", "query", {}))
        with pytest.raises(Found) as caught:
            session.do(Call("m:every", "query", {}))
    assert str(caught.value) == (
        "growth: m:every: reads 1,100 documents in one run, as many as there are: it fails when there are more than 32,000"
    )


def test_documents_of_private_tables_may_not_reach_who_is_not_logged_in(written_backends: Write) -> None:
    source = """
@mutation(args={})
async def add(ctx, args):
    await ctx.db.insert("users", {})

@query(args={})
async def users(ctx, args):
    return {"found": await ctx.db.query("users").take(3)}

@query(args={})
async def mine(ctx, args):
    return None if await ctx.auth.get_user_identity() is None else await ctx.db.query("users").take(3)
"""
    report = fuzz_report(
        written_backends("python", source), seeds=1, runs=8, max_calls=20, private=["users"], shrink_runs=10
    )
    assert [(finding.kind, finding.function) for finding in report.findings] == [("leak", "m:users")]


def test_arguments_that_nobody_validates_are_not_judged(written_backends: Write) -> None:
    source = """
@query()
async def first(ctx, args):
    return args["missing"]
"""
    report = fuzz_report(written_backends("python", source), seeds=1, runs=3, max_calls=5)
    assert report.findings == ()
    assert report.unvalidated == ("m:first",)


def test_a_backend_that_isnt_deterministic_is_found(written_backends: Write, tmp_path: Path) -> None:
    counted = []

    def make(choices: Any) -> Deployment:
        convex = Deployment(project, seed=choices)
        counted.append(None)
        convex.stub("m:first", lambda args: len(counted))
        convex.outbound.on("GET", "https://example.com/", {"n": 1}.get)
        convex.trace.record("log", str(len(counted)))
        return convex

    project = written_backends("python", "@query(args={})\nasync def first(ctx, args): ...\n")
    result = fuzz_seed(make, 0, runs=3, max_calls=5)
    assert [finding.kind for finding in result.findings] == ["nondeterminism"]


def test_what_was_found_is_kept_and_tried_first(project: Path, tmp_path: Path) -> None:
    plan = {"functions": TITLES, "database": tmp_path / "kept"}
    assert fuzz_seed(project, 0, **plan, **SHORT).findings
    again = fuzz_seed(project, 99, runs=2, max_calls=25, shrink_runs=0, **plan)
    assert [finding.function for finding in again.findings] == ["m:title"]


# --- reports ---------------------------------------------------------------------------------------------------


def test_results_of_seeds_are_put_together_in_any_order() -> None:
    long = FuzzFinding("error", "m:title", "Uncaught TypeError: no 5", seed=0, program=("a", "b"))
    short = FuzzFinding("error", "m:title", "Uncaught TypeError: no 7", seed=1, program=("a",))
    other = FuzzFinding("job", "m:touch", "Uncaught Error: gone", seed=1)
    results = [
        FuzzSeedResult(0, 10, 90, {"m:title": (3, 1)}, (long,)),
        FuzzSeedResult(1, 10, 80, {"m:create": (5, 0), "m:title": (2, 2)}, (other, short), complete=False),
    ]
    paths = ["m:create", "m:page", "m:title"]
    there, back = (FuzzReport.of("p", order, paths) for order in (results, results[::-1]))
    assert msgspec.json.encode(there) == msgspec.json.encode(back)
    assert there.findings == (short, other)
    assert str(there).endswith(
        "2 findings: 2 seeds, 20 runs, 13 calls.\n"
        "Functions that returned at least once: 2 of 3.\n"
        "  never: m:page\n"
        "The time was up before all seeds were done."
    )


# --- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runs": 1}, "fuzzing takes at least 2 runs (the first is empty) of at least 1 call each"),
        ({"routes": ["/hook"]}, "a route is a method and a path, such as \"POST /hook\"; got '/hook'"),
    ],
)
def test_options_of_fuzzing_that_make_no_sense_are_refused(
    options: dict[str, Any], message: str, written_backends: Write
) -> None:
    with pytest.raises(UsageError) as caught:
        fuzz_report(written_backends("python", PYTHON), **options)
    assert str(caught.value) == message


def test_a_pattern_that_no_function_fits_names_those_there_are(written_backends: Write) -> None:
    with pytest.raises(
        UsageError, match=r"has no public function like x:\*; it has m:create, m:page, m:remind"
    ):
        fuzz_report(written_backends("python", PYTHON), functions=["x:*"])
