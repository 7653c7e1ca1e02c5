"""A backend in two languages that does to its database what a test tells it to, and gives back what it saw.

An operation is a list: its name, then what it takes. `"@0"` stands for the result of the first operation of the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

__all__ = [
    "MISSING",
    "PYTHON",
    "SCHEMA",
    "TYPESCRIPT",
    "error_of",
    "failure_of",
    "look",
    "make",
    "query",
    "write",
]

MISSING = ["undefined"]
"""A value in a filter that is `undefined`."""

TYPESCRIPT = """
function expression(q: any, node: any): any {
  if (!Array.isArray(node)) return node;
  const [op, ...rest] = node;
  if (op === "undefined") return undefined;
  if (op === "value" || op === "field") return op === "value" ? rest[0] : q.field(rest[0]);
  return q[op](...rest.map((operand: any) => expression(q, operand)));
}
function range(q: any, comparisons: any[]): any {
  return comparisons.reduce((made, [op, field, ...value]) => made[op](field, value[0]), q);
}
function build(ctx: any, { system, table, index, comparisons, steps }: any): any {
  let made = (system ? ctx.db.system : ctx.db).query(table);
  if (index !== undefined) made = comparisons === undefined ? made.withIndex(index) : made.withIndex(index, (q: any) => range(q, comparisons));
  for (const [op, arg] of steps ?? []) made = op === "filter" ? made.filter((q: any) => expression(q, arg)) : made[op](arg);
  return made;
}
function without(fields: any, removed: string[] = []): any {
  return Object.assign(fields, Object.fromEntries(removed.map((name) => [name, undefined])));
}
const OPERATIONS: Record<string, (ctx: any, ...args: any[]) => any> = {
  get: (ctx, ...place) => ctx.db.get(...place),
  system_get: (ctx, ...place) => ctx.db.system.get(...place),
  normalize_id: (ctx, table, text) => ctx.db.normalizeId(table, text),
  system_normalize_id: (ctx, table, text) => ctx.db.system.normalizeId(table, text),
  insert: (ctx, table, value) => ctx.db.insert(table, value),
  patch: (ctx, id, fields, removed) => ctx.db.patch(id, without(fields, removed)),
  patch_in: (ctx, table, id, fields) => ctx.db.patch(table, id, fields),
  replace: (ctx, ...place) => ctx.db.replace(...place),
  delete: (ctx, ...place) => ctx.db.delete(...place),
  collect: (ctx, query) => build(ctx, query).collect(),
  first: (ctx, query) => build(ctx, query).first(),
  unique: (ctx, query) => build(ctx, query).unique(),
  take: (ctx, query, count) => build(ctx, query).take(count),
  count: (ctx, query) => build(ctx, query).count(),
  paginate: (ctx, query, options) => build(ctx, query).paginate(options),
  run_query: (ctx, ops) => ctx.runQuery(api.m.look, { ops }),
  run_mutation: (ctx, ops) => ctx.runMutation(api.m.write, { ops }),
};
async function perform(ctx: any, ops: any[][]): Promise<any[]> {
  const results: any[] = [];
  const known = (arg: any) => (typeof arg === "string" && arg.startsWith("@") ? results[Number(arg.slice(1))] : arg);
  for (let [op, ...args] of ops) {
    const caught = op === "try";
    if (caught) [op, ...args] = args;
    try {
      results.push((await OPERATIONS[op](ctx, ...args.map(known))) ?? null);
    } catch (error: any) {
      if (!caught) throw error;
      results.push(`${error.name}: ${error.message}`);
    }
  }
  return results;
}
const args = { ops: v.array(v.any()) };
export const write = mutation({ args, handler: async (ctx, { ops }): Promise<any> => await perform(ctx, ops) });
export const look = query({ args, handler: async (ctx, { ops }): Promise<any> => await perform(ctx, ops) });
"""

PYTHON = """
def expression(q, node):
    if not isinstance(node, list):
        return node
    op, *rest = node
    if op == "undefined":
        return UNDEFINED
    if op in {"value", "field"}:
        return rest[0] if op == "value" else q.field(rest[0])
    method = getattr(q, op + "_" if op in {"and", "or", "not"} else op)
    return method(*(expression(q, operand) for operand in rest))

def range_of(q, comparisons):
    for op, field, *value in comparisons:
        q = getattr(q, op)(field, value[0] if value else UNDEFINED)
    return q

def build(ctx, query):
    made = (ctx.db.system if query.get("system") else ctx.db).query(query["table"])
    if "index" in query:
        comparisons = query.get("comparisons")
        describe = None if comparisons is None else lambda q: range_of(q, comparisons)
        made = made.with_index(query["index"], describe)
    for op, arg in query.get("steps", []):
        made = made.filter(lambda q: expression(q, arg)) if op == "filter" else getattr(made, op)(arg)
    return made

OPERATIONS = {
    "get": lambda ctx, *place: ctx.db.get(*place),
    "system_get": lambda ctx, *place: ctx.db.system.get(*place),
    "insert": lambda ctx, table, value: ctx.db.insert(table, value),
    "patch": lambda ctx, id, fields, removed=(): ctx.db.patch(id, fields | dict.fromkeys(removed, UNDEFINED)),
    "patch_in": lambda ctx, table, id, fields: ctx.db.patch(table, id, fields),
    "replace": lambda ctx, *place: ctx.db.replace(*place),
    "delete": lambda ctx, *place: ctx.db.delete(*place),
    "collect": lambda ctx, query: build(ctx, query).collect(),
    "first": lambda ctx, query: build(ctx, query).first(),
    "unique": lambda ctx, query: build(ctx, query).unique(),
    "take": lambda ctx, query, count: build(ctx, query).take(count),
    "count": lambda ctx, query: build(ctx, query).count(),
    "paginate": lambda ctx, query, options: build(ctx, query).paginate(options),
    "run_query": lambda ctx, ops: ctx.run_query(api.m.look, {"ops": ops}),
    "run_mutation": lambda ctx, ops: ctx.run_mutation(api.m.write, {"ops": ops}),
}

async def operate(ctx, op, args):
    if op == "normalize_id":
        return ctx.db.normalize_id(*args)
    if op == "system_normalize_id":
        return ctx.db.system.normalize_id(*args)
    return await OPERATIONS[op](ctx, *args)

async def perform(ctx, ops):
    results = []
    for op, *args in ops:
        caught = op == "try"
        if caught:
            op, *args = args
        known = [results[int(arg[1:])] if isinstance(arg, str) and arg[:1] == "@" else arg for arg in args]
        try:
            results.append(await operate(ctx, op, known))
        except Exception as error:
            if not caught:
                raise
            name = type(error).__name__
            results.append(f"{'Error' if name == 'RuntimeError' else name}: {error}")
    return results

@mutation(args={"ops": v.array(v.any())})
async def write(ctx, args): return await perform(ctx, args["ops"])

@query(args={"ops": v.array(v.any())})
async def look(ctx, args): return await perform(ctx, args["ops"])
"""

SCHEMA = {
    "typescript": """
export default defineSchema({
  things: defineTable(v.any())
    .index("by_a", ["a"])
    .index("by_a_b", ["a", "b"])
    .index("by_nested", ["deep.down"]),
});
""",
    "python": """
schema = define_schema({
    "things": define_table(v.any())
    .index("by_a", ["a"])
    .index("by_a_b", ["a", "b"])
    .index("by_nested", ["deep.down"]),
})
""",
}
"""A table that takes anything."""


def make(backend: Any, schema: dict[str, str] | None = SCHEMA, **options: Any) -> Deployment:
    """A deployment of the backend; `schema` has the text of a schema in each language."""
    typescript, python = {"m": TYPESCRIPT}, {"m": PYTHON}
    if schema is not None:
        typescript["schema"], python["schema"] = schema["typescript"], schema["python"]
    made: Deployment = backend(typescript=typescript, python=python, **options)
    return made


def write(convex: Deployment, *ops: list[Any]) -> list[Any]:
    """The results of operations in one mutation."""
    results: list[Any] = convex.mutation("m:write", {"ops": list(ops)})
    return results


def look(convex: Deployment, *ops: list[Any]) -> Any:
    """The result of the last of some operations in one query."""
    return convex.query("m:look", {"ops": list(ops)})[-1]


def failure_of(call: Callable[[], object]) -> str:
    """What a call fails with, as its caller is told, without the frames."""
    with pytest.raises(FunctionError) as caught:
        call()
    return caught.value.message.partition("\n    at ")[0]


def error_of(convex: Deployment, *ops: list[Any]) -> str:
    """What a mutation that does these operations fails with."""
    return failure_of(lambda: write(convex, *ops))


def query(
    table: str = "things", index: str | None = None, *comparisons: list[Any], **rest: Any
) -> dict[str, Any]:
    """A query for `collect` and the like; `steps` are `["order", …]`, `["filter", …]`, `["limit", …]`."""
    described: dict[str, Any] = {"table": table, **rest}
    if index is not None:
        described["index"] = index
        if comparisons:
            described["comparisons"] = list(comparisons)
    return described
