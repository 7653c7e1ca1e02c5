"""What a function may not do or hand over, and in which words it is told (semantics §1.4, §3.1, §6.2, §6.3, §8.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, ProjectError

TYPESCRIPT = """
export const plain = query({ args: {}, handler: async () => 1 });
export const job = internalMutation({ args: {}, handler: async () => {} });
const caught = async (promise: () => Promise<any>) => { try { return await promise(); } catch (error: any) { return error.message; } };
export const listOfArguments = query({ args: {}, handler: async (ctx) => await caught(() => ctx.runQuery(api.m.plain, ["a"] as any)) });
export const listForJob = mutation({ args: {}, handler: async (ctx) => await caught(() => ctx.scheduler.runAfter(0, internal.m.job, ["a"] as any)) });
export const after = mutation({ args: { ms: v.any() }, handler: async (ctx, { ms }) => await caught(() => ctx.scheduler.runAfter(ms, internal.m.job, {})) });
export const at = mutation({ args: { ms: v.any() }, handler: async (ctx, { ms }) => await caught(() => ctx.scheduler.runAt(ms, internal.m.job, {})) });
"""
PYTHON = """
@query(args={})
async def plain(ctx, args): return 1

@internal_mutation(args={})
async def job(ctx, args): pass

async def caught(awaitable):
    try: return await awaitable
    except Exception as error: return str(error)

@query(args={})
async def listOfArguments(ctx, args): return await caught(ctx.run_query(api.m.plain, ["a"]))

@mutation(args={})
async def listForJob(ctx, args): return await caught(ctx.scheduler.run_after(0, internal.m.job, ["a"]))

@mutation(args={"ms": v.any()})
async def after(ctx, args): return await caught(ctx.scheduler.run_after(args["ms"], internal.m.job))

@mutation(args={"ms": v.any()})
async def at(ctx, args): return await caught(ctx.scheduler.run_at(args["ms"], internal.m.job))
"""
RAW = """
export const plain = query({ args: {}, handler: async () => 1 });
export const write = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", {}); } });
export const act = action({ args: {}, handler: async () => 1 });
export const raw = query({ args: { op: v.string(), a: v.any() }, handler: async (_ctx, { op, a }) => {
  try { return JSON.parse(await (globalThis as any).Convex.asyncSyscall(op, JSON.stringify(a))); } catch (error: any) { return error.message; }
} });
export const dynamic = query({ args: {}, handler: async () => (await import("./other")).value });
export const dynamicTwice = mutation({ args: {}, handler: async () => {
  const failures: string[] = [];
  for (let n = 0; n < 2; n++) try { await import("convex-helpers"); } catch (error: any) { failures.push(error.message); }
  return failures;
} });
export const dynamicInAction = action({ args: {}, handler: async () => (await import("./other")).value });
const form = async (type: string, body: any) => {
  try { return (await new Request("https://a.b", { method: "POST", body, headers: { "content-type": type } }).formData()).get("a"); }
  catch (error: any) { return error.message; }
};
const MULTIPART = '--x\\r\\ncontent-disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n--x--\\r\\n';
const forms = async () => [await form("multipart/form-data; boundary=x", MULTIPART), await form("application/x-www-form-urlencoded", "a=2")];
export const formsInQuery = query({ args: {}, handler: forms });
export const formsInAction = action({ args: {}, handler: forms });
"""
CANCEL = {
    "typescript": """
const caught = async (promise: Promise<any>) => { try { return (await promise) ?? null; } catch (error: any) { return error.message; } };
export const put = mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("notes", {}) });
export const cancel = mutation({ args: { id: v.any() }, handler: async (ctx, { id }) => await caught(ctx.scheduler.cancel(id)) });
export const cancelInAction = action({ args: { id: v.any() }, handler: async (ctx, { id }) => await caught(ctx.scheduler.cancel(id)) });
""",
    "python": """
async def caught(awaitable):
    try: return await awaitable
    except Exception as error: return str(error)

@mutation(args={})
async def put(ctx, args): return await ctx.db.insert("notes", {})

@mutation(args={"id": v.any()})
async def cancel(ctx, args): return await caught(ctx.scheduler.cancel(args["id"]))

@action(args={"id": v.any()})
async def cancelInAction(ctx, args): return await caught(ctx.scheduler.cancel(args["id"]))
""",
}
FIVE_YEARS_MS = 5 * 366 * 86_400_000


@pytest.fixture
def convex(backend: Callable[..., Deployment]) -> Deployment:
    return backend(typescript=TYPESCRIPT, python=PYTHON)


@pytest.fixture
def typescript(written_backends: Callable[..., Any]) -> Iterator[Deployment]:
    sources = {"m": RAW, "other": "export const value = 42;\n"}
    with Deployment(written_backends("typescript", sources)) as deployment:
        yield deployment


def test_arguments_of_a_call_are_an_object(convex: Deployment, language: str) -> None:
    shown = "a" if language == "typescript" else "['a']"
    text = f"The arguments to a Convex function must be an object. Received: {shown}"
    assert convex.query("m:listOfArguments") == text
    assert convex.mutation("m:listForJob") == text


def test_nothing_is_scheduled_more_than_five_years_away(convex: Deployment) -> None:
    ms = FIVE_YEARS_MS + 1000
    due_s = (convex.now + ms) / 1000
    assert convex.mutation("m:after", {"ms": ms}) == f"{due_s} is more than 5 years in the future"
    assert convex.mutation("m:at", {"ms": convex.now - ms}) == (
        f"{(convex.now - ms) / 1000} is more than 5 years in the past"
    )
    assert convex.mutation("m:after", {"ms": FIVE_YEARS_MS - 1000})[0] != "N"
    assert len(convex.db.table("_scheduled_functions")) == 1


@pytest.mark.parametrize(
    ("ms", "problem"),
    [
        (-1, "must be non-negative"),
        (float("nan"), "must be a finite number"),
        (float("inf"), "must be a finite number"),
        ("soon", "must be a number"),
    ],
)
def test_a_delay_is_a_number_that_is_not_negative(
    convex: Deployment, language: str, ms: Any, problem: str
) -> None:
    name = "delayMs" if language == "typescript" else "delay_ms"
    assert convex.mutation("m:after", {"ms": ms}) == f"`{name}` {problem}"


def test_a_time_is_a_number_or_a_date(convex: Deployment) -> None:
    assert convex.mutation("m:at", {"ms": "soon"}) == "The invoke time must a Date or a timestamp"
    assert convex.mutation("m:at", {"ms": float("nan")}) == (
        "Invalid argument `ts` for `schedule`: it must be a finite number"
    )


def test_arguments_are_validated_by_an_object_or_not_at_all(backend: Callable[..., Deployment]) -> None:
    with pytest.raises(ProjectError) as caught:
        backend(
            typescript="export const f = query({ args: v.union(v.object({}), v.null()) as any, handler: async () => 1 });",
            python="@query(args=v.union(v.object({}), v.null()))\nasync def f(ctx, args): return 1\n",
        )
    assert "Args validator must be an object or any" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            {"udfType": "mutation", "name": "m:write", "args": {}},
            "Cannot call a Mutation function from a Query function",
        ),
        (
            {"udfType": "action", "name": "m:act", "args": {}},
            "Only queries and mutations can be called as nested UDFs, got Action",
        ),
        (
            {"udfType": "query", "name": "m:plain", "args": [1]},
            "Expected to receive an object as the function's argument. Instead received: [1.0]",
        ),
        (
            {"udfType": "query", "name": "m:write", "args": {}},
            "Trying to execute m.js:write as Query, but it is defined as Mutation.",
        ),
    ],
)
def test_calls_that_the_package_never_makes_are_refused(
    typescript: Deployment, call: dict[str, Any], message: str
) -> None:
    assert typescript.query("m:raw", {"op": "1.0/runUdf", "a": call}) == message


def test_a_query_or_mutation_can_not_import_a_module_while_it_runs(typescript: Deployment) -> None:
    text = "Can't dynamically import a module in a query or mutation"
    with pytest.raises(FunctionError) as caught:
        typescript.query("m:dynamic")
    assert caught.value.message == f"Uncaught Error: {text}\n    at handler (../convex/m.ts:11:70)"
    assert typescript.mutation("m:dynamicTwice") == [text, text]
    assert typescript.action("m:dynamicInAction") == 42
    with pytest.raises(FunctionError):
        typescript.query("m:dynamic")


def test_a_query_can_not_parse_a_form_of_several_parts(typescript: Deployment) -> None:
    refused = (
        "Can't use formData() in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )
    assert typescript.query("m:formsInQuery") == [refused, "2"]
    assert typescript.action("m:formsInAction") == ["1", "2"]


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("export const x = 1;", "Schema file missing default export."),
        ("export default 5;", "Default export from schema file isn't a Convex schema."),
    ],
)
def test_a_schema_is_the_default_export_of_its_file(tmp_path: Path, schema: str, problem: str) -> None:
    packages = Path(__file__).parents[2] / "packages" / "node_modules"
    (tmp_path / "node_modules").symlink_to(packages, target_is_directory=True)
    (tmp_path / "package.json").write_text('{"private": true}')
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "schema.ts").write_text(schema)
    with pytest.raises(ProjectError) as caught:
        Deployment(tmp_path)
    assert problem in str(caught.value)


@pytest.mark.parametrize("function", ["mutation", "action"])
def test_only_a_scheduled_function_is_cancelled(backend: Callable[..., Deployment], function: str) -> None:
    convex = backend(typescript=CANCEL["typescript"], python=CANCEL["python"])
    path = "m:cancel" if function == "mutation" else "m:cancelInAction"
    note = convex.mutation("m:put")
    assert [convex.run(path, {"id": wrong}) for wrong in (note, "garbage", None)] == [
        "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table.",
        "Invalid argument `id` for `db.cancel_job`: Unable to decode ID: Invalid ID length 7",
        "Invalid arguments for `db.cancel_job`: invalid type: null, expected a string",
    ]
