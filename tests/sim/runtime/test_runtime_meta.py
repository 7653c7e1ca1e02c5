"""What functions learn from `ctx.meta`, budgets of nested calls, and audit lines (semantics §1.2, §6.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Int64, Limits

TYPESCRIPT = """
declare const Convex: any;
export const metrics = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("notes", { n: 1 });
  await ctx.db.query("notes").collect();
  await ctx.scheduler.runAfter(0, internal.m.job, {});
  return await ctx.meta.getTransactionMetrics();
} });
export const job = internalMutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("jobs", { found: (await (ctx.meta as any).getRequestMetadata()).scheduledFunctionId }); } });
export const self = query({ args: {}, handler: async (ctx) => await ctx.meta.getFunctionMetadata() });
export const hidden = internalMutation({ args: {}, handler: async (ctx) => await ctx.meta.getFunctionMetadata() });
export const acting = action({ args: {}, handler: async (ctx) => [await ctx.meta.getFunctionMetadata(), await ctx.meta.getDeploymentMetadata()] });
export const request = mutation({ args: {}, handler: async (ctx) => await ctx.meta.getRequestMetadata() });
export const requests = action({ args: {}, handler: async (ctx) => [await ctx.meta.getRequestMetadata(), await ctx.runMutation(api.m.request, {})] });
export const requestInQuery = query({ args: {}, handler: async () => await Convex.asyncSyscall("1.0/getRequestMetadata", "{}") });
export const unknown = query({ args: {}, handler: async () => await Convex.asyncSyscall("1.0/nonsense", "{}") });
export const unknownSync = query({ args: {}, handler: async () => Convex.syscall("1.0/nonsense", "{}") });
export const snapshot = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 1 }); return (ctx.meta as any).getSnapshotTs(); } });
export const write = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => {
  for (let n = 0; n < count; n++) await ctx.db.insert("notes", { n });
  return (await ctx.meta.getTransactionMetrics()).documentsWritten;
} });
export const budget = mutation({ args: { first: v.number(), most: v.number(), nested: v.number(), then: v.number() }, handler: async (ctx, { first, most, nested, then }) => {
  const told: any[] = [];
  for (let n = 0; n < first; n++) await ctx.db.insert("notes", { n });
  try {
    told.push(await ctx.runMutation(api.m.write, { count: nested }, { transactionLimits: { documentsWritten: most } }));
  } catch (error: any) { told.push(error.message.split("\\n")[0]); }
  for (let n = 0; n < then; n++) await ctx.db.insert("notes", { n });
  told.push((await ctx.meta.getTransactionMetrics()).documentsWritten);
  return told;
} });
export const wrongBudget = mutation({ args: {}, handler: async (ctx) => {
  try { await ctx.runMutation(api.m.write, { count: 0 }, { transactionLimits: { documentsWritten: 1.5 } }); } catch (error: any) { return error.message; }
} });
export const size = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).length });
export const stale = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("notes", { n: 1 });
  return [await ctx.runQuery(api.m.size, {}), await ctx.runQuery(api.m.size, {}, { useStaleSnapshot: true })];
} });
export const staleInQuery = query({ args: {}, handler: async (ctx) => await ctx.runQuery(api.m.size, {}, { useStaleSnapshot: true } as any) });
export const audit = mutation({ args: { body: v.any(), fail: v.optional(v.boolean()), times: v.optional(v.number()) }, handler: async (ctx, { body, fail, times }) => {
  for (let n = 0; n < (times ?? 1); n++) await Convex.asyncSyscall("1.0/auditLog", JSON.stringify({ body: JSON.parse(body), version: "1" }));
  if (fail) throw new Error("no");
} });
export const auditTwice = mutation({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(api.m.audit, { body: '"kept"' });
  try { await ctx.runMutation(api.m.audit, { body: '"kept as well"', fail: true }); } catch {}
} });
export const auditInAction = action({ args: {}, handler: async () => await Convex.asyncSyscall("1.0/auditLog", JSON.stringify({ body: {} })) });
"""
PYTHON = """
@mutation(args={})
async def metrics(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    await ctx.db.query("notes").collect()
    await ctx.scheduler.run_after(0, internal.m.job)
    return await ctx.meta.get_transaction_metrics()

@internal_mutation(args={})
async def job(ctx, args): await ctx.db.insert("jobs", {"found": (await ctx.meta.get_request_metadata())["scheduledFunctionId"]})

@query(args={})
async def self(ctx, args): return await ctx.meta.get_function_metadata()

@internal_mutation(args={})
async def hidden(ctx, args): return await ctx.meta.get_function_metadata()

@action(args={})
async def acting(ctx, args): return [await ctx.meta.get_function_metadata(), await ctx.meta.get_deployment_metadata()]

@mutation(args={})
async def request(ctx, args): return await ctx.meta.get_request_metadata()

@action(args={})
async def requests(ctx, args): return [await ctx.meta.get_request_metadata(), await ctx.run_mutation(api.m.request)]

@query(args={})
async def requestInQuery(ctx, args): return await ctx._link.call("1.0/getRequestMetadata", {})

@query(args={})
async def unknown(ctx, args): return await ctx._link.call("1.0/nonsense", {})

@query(args={})
async def unknownSync(ctx, args): return ctx._link.sync("1.0/nonsense", {})

@mutation(args={})
async def snapshot(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    return ctx.meta.get_snapshot_ts()

@mutation(args={"count": v.number()})
async def write(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("notes", {"n": n})
    return (await ctx.meta.get_transaction_metrics())["documentsWritten"]

@mutation(args={"first": v.number(), "most": v.number(), "nested": v.number(), "then": v.number()})
async def budget(ctx, args):
    told = []
    for n in range(int(args["first"])): await ctx.db.insert("notes", {"n": n})
    try:
        limits = {"documents_written": args["most"]}
        told.append(await ctx.run_mutation(api.m.write, {"count": args["nested"]}, transaction_limits=limits))
    except Exception as error: told.append(str(error).split("\\n")[0])
    for n in range(int(args["then"])): await ctx.db.insert("notes", {"n": n})
    told.append((await ctx.meta.get_transaction_metrics())["documentsWritten"])
    return told

@mutation(args={})
async def wrongBudget(ctx, args):
    try: await ctx.run_mutation(api.m.write, {"count": 0}, transaction_limits={"documents_written": 1.5})
    except Exception as error: return str(error)

@query(args={})
async def size(ctx, args): return len(await ctx.db.query("notes").collect())

@mutation(args={})
async def stale(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    return [await ctx.run_query(api.m.size), await ctx.run_query(api.m.size, use_stale_snapshot=True)]

@query(args={})
async def staleInQuery(ctx, args): return await ctx.run_query(api.m.size, use_stale_snapshot=True)

import json

@mutation(args={"body": v.any(), "fail": v.optional(v.boolean()), "times": v.optional(v.number())})
async def audit(ctx, args):
    for _ in range(int(args.get("times", 1))):
        await ctx._link.call("1.0/auditLog", {"body": json.loads(args["body"]), "version": "1"})
    if args.get("fail"): raise Exception("no")

@mutation(args={})
async def auditTwice(ctx, args):
    await ctx.run_mutation(api.m.audit, {"body": '"kept"'})
    try: await ctx.run_mutation(api.m.audit, {"body": '"kept as well"', "fail": True})
    except Exception: pass

@action(args={})
async def auditInAction(ctx, args): return await ctx._link.call("1.0/auditLog", {"body": {}})
"""
Make = Callable[..., Deployment]


@pytest.fixture
def deployed(backend: Any) -> Make:
    def make(limits: Limits | None = None, **options: Any) -> Deployment:
        made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, limits=limits, **options)
        return made

    return make


@pytest.fixture
def convex(deployed: Make) -> Deployment:
    return deployed()


def failure(call: Callable[[], Any]) -> str:
    with pytest.raises(FunctionError) as caught:
        call()
    return caught.value.message.partition("\n")[0]


def test_a_transaction_knows_what_it_has_used_and_has_left(convex: Deployment) -> None:
    metrics = convex.mutation("m:metrics")
    size = metrics["bytesWritten"]["used"]
    assert size > 40
    assert metrics == {
        "bytesRead": {"used": size, "remaining": (1 << 24) - size},
        "bytesWritten": {"used": size, "remaining": (1 << 24) - size},
        "databaseQueries": {"used": 1, "remaining": 4095},
        "documentsRead": {"used": 1, "remaining": 31_999},
        "documentsWritten": {"used": 1, "remaining": 15_999},
        "functionsScheduled": {"used": 1, "remaining": 999},
        "scheduledFunctionArgsBytes": {"used": 4, "remaining": (1 << 24) - 4},
    }


def test_a_function_knows_itself_and_its_deployment(convex: Deployment) -> None:
    assert convex.query("m:self") == {
        "name": "m:self",
        "componentPath": "",
        "type": "query",
        "visibility": "public",
    }
    hidden = convex.as_admin().mutation("m:hidden")
    assert (hidden["name"], hidden["type"], hidden["visibility"]) == ("m:hidden", "mutation", "internal")
    assert convex.action("m:acting") == [
        {"name": "m:acting", "componentPath": "", "type": "action", "visibility": "public"},
        {"name": "anonymous-biconvex", "region": None, "class": "s16"},
    ]


def test_functions_of_one_request_know_its_id(convex: Deployment) -> None:
    first = convex.mutation("m:request")
    assert re.fullmatch("[0-9a-f]{16}", first.pop("requestId"))
    assert first == {"ip": None, "userAgent": None, "scheduledFunctionId": None, "authToken": None}
    outer, inner = convex.action("m:requests")
    assert outer["requestId"] == inner["requestId"] != convex.mutation("m:request")["requestId"]


def test_the_same_seed_gives_the_same_request_ids(deployed: Make) -> None:
    ids = [deployed(seed=5).mutation("m:request")["requestId"] for _ in range(2)]
    assert ids[0] == ids[1]


def test_a_scheduled_function_knows_its_job(convex: Deployment) -> None:
    convex.mutation("m:metrics")
    convex.run_until_idle()
    assert convex.db.table("jobs")[0]["found"] == convex.db.table("_scheduled_functions")[0]["_id"]


def test_a_query_has_no_request(convex: Deployment) -> None:
    assert failure(lambda: convex.query("m:requestInQuery")) == (
        "Uncaught Error: Cannot get request metadata in a Query"
    )


def test_operations_that_there_are_not_are_named(convex: Deployment) -> None:
    assert (
        failure(lambda: convex.query("m:unknown")) == "Uncaught Error: Unknown async operation 1.0/nonsense"
    )
    assert failure(lambda: convex.query("m:unknownSync")) == "Uncaught Error: Unknown operation 1.0/nonsense"


def test_the_timestamp_of_a_snapshot_is_that_of_the_start(convex: Deployment) -> None:
    start = convex.now
    assert convex.mutation("m:snapshot") == Int64(start * 1_000_000)
    convex.advance(seconds=1)
    assert convex.mutation("m:snapshot") == Int64((start + 1000) * 1_000_000)


def test_a_budget_is_on_top_of_what_was_used_and_ends_with_the_call(convex: Deployment) -> None:
    told = convex.mutation("m:budget", {"first": 3, "most": 2, "nested": 2, "then": 5})
    assert told == [{"used": 5, "remaining": 0}, {"used": 10, "remaining": 15_990}]


def test_a_call_that_uses_more_than_its_budget_fails_alone(convex: Deployment) -> None:
    told = convex.mutation("m:budget", {"first": 3, "most": 2, "nested": 3, "then": 1})
    message = "Uncaught Error: Too many writes in a single function execution (limit: 5)"
    assert told == [message, {"used": 4, "remaining": 15_996}]
    assert len(convex.db.table("notes")) == 4


def test_a_budget_gives_no_more_than_there_is(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=4))
    told = convex.mutation("m:budget", {"first": 3, "most": 100, "nested": 1, "then": 0})
    assert told == [{"used": 4, "remaining": 0}, {"used": 4, "remaining": 0}]


def test_a_budget_that_is_none_is_refused(convex: Deployment) -> None:
    assert convex.mutation("m:wrongBudget") == (
        "Invalid arguments for `runUdf`: documentsWritten must be a whole number that is not negative, got 1.5"
    )


def test_a_stale_snapshot_has_nothing_of_what_the_mutation_wrote(convex: Deployment) -> None:
    assert convex.mutation("m:stale") == [1, 0]
    assert failure(lambda: convex.query("m:staleInQuery")) == (
        "Uncaught Error: `useStaleSnapshot` is only supported in mutations, not queries."
    )


def test_audit_lines_are_kept_with_their_variables_replaced(convex: Deployment) -> None:
    start = convex.now
    convex.mutation("m:audit", {"body": '{"who": "u1", "at": {"$var": "now"}, "from": [{"$var": "ip"}]}'})
    assert convex.audit_log == [{"who": "u1", "at": start, "from": [None]}]


def test_audit_lines_of_a_mutation_that_fails_are_lost_but_not_those_of_a_nested_one(
    convex: Deployment,
) -> None:
    failure(lambda: convex.mutation("m:audit", {"body": '"lost"', "fail": True}))
    convex.mutation("m:auditTwice")
    assert convex.audit_log == ["kept", "kept as well"]


@pytest.mark.parametrize(
    ("limits", "args", "message"),
    [
        (
            Limits(audit_log_lines=2),
            {"body": '"a"', "times": 3},
            "Function execution exceeded the maximum of 2 audit log lines.",
        ),
        (
            Limits(audit_log_line_bytes=10),
            {"body": '"0123456789"'},
            "An audit log line may have a maximum possible size of 10 bytes, but this line could be up to 12 bytes.",
        ),
        (
            Limits(audit_log_bytes=2000),
            {"body": '{"$var": "now"}', "times": 2},
            (
                "The total maximum possible size of audit log lines from a single function execution is 2000 bytes, but "
                "this execution could produce up to 2080 bytes."
            ),
        ),
        (Limits(), {"body": '{"$var": "when"}'}, 'Unknown audit log variable: "when"'),
    ],
)
def test_audit_lines_that_are_too_many_or_too_much_fail_the_function(
    deployed: Make, limits: Limits, args: dict[str, Any], message: str
) -> None:
    convex = deployed(limits)
    assert failure(lambda: convex.mutation("m:audit", args)) == message
    assert convex.audit_log == []


def test_an_action_has_no_audit_log(convex: Deployment) -> None:
    assert failure(lambda: convex.action("m:auditInAction")) == (
        "Uncaught Error: Audit logging is not yet supported in actions"
    )
