"""How cases about transactions are written: one function with a body in each language, and two others to call."""

from __future__ import annotations

from biconvex.lint.rule import Case

__all__ = ["GET", "PUT", "PY_GET", "PY_PUT", "PY_SEND", "SEND", "case"]

GET, PY_GET = "ctx.runQuery(internal.tasks.get, {})", "ctx.run_query(internal.tasks.get, {})"
PUT, PY_PUT = "ctx.runMutation(internal.tasks.put, {})", "ctx.run_mutation(internal.tasks.put, {})"
SEND, PY_SEND = "ctx.runAction(internal.tasks.send, {})", "ctx.run_action(internal.tasks.send, {})"

_SNAKE = {"internalAction": "internal_action", "internalMutation": "internal_mutation"}


def case(name: str, ts: str, py: str, kind: str = "action", *, marked: bool = False) -> Case:
    """Give a case of a function `f` of a kind, beside the functions `get`, `put` and `send` of the file."""
    snake = _SNAKE.get(kind, kind)
    function = "«f»" if marked else "f"
    builders = ", ".join(sorted({"internalAction", "internalMutation", "internalQuery", kind}))
    decorators = ", ".join(sorted({"internal_action", "internal_mutation", "internal_query", snake}))
    return Case(
        name,
        f"""\
import {{ {builders} }} from "./_generated/server";
import {{ components, internal }} from "./_generated/api";
export const get = internalQuery({{ args: {{}}, handler: async (ctx) => await ctx.db.query("tasks").first() }});
export const put = internalMutation({{ args: {{}}, handler: async (ctx) => await ctx.db.insert("tasks", {{}}) }});
export const send = internalAction({{ args: {{}}, handler: async () => await fetch("https://example.com") }});
export const {function} = {kind}({{
  args: {{}},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        f"""\
from biconvex.sim.server import components, internal, {decorators}

@internal_query(args={{}})
async def get(ctx, args):
    return await ctx.db.query("tasks").first()

@internal_mutation(args={{}})
async def put(ctx, args):
    return await ctx.db.insert("tasks", {{}})

@internal_action(args={{}})
async def send(ctx, args):
    return await fetch("https://example.com")

@{snake}(args={{}})
async def {function}(ctx, args):
    {py}
""",
    )
