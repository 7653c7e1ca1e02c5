"""A scheduled function that changes a document which may be gone by then.

## What it does

Finds mutations that are scheduled for later and patch, replace or delete a document by an id that they were given,
without reading anything first, where some other function deletes documents of that table.

## Why is this bad?

Between the scheduling and the run the document may be deleted. `patch`, `replace` and `delete` of a document that is
not there throw: the job fails, what it had already written is undone, and nobody runs it again.

## Example

```ts
await ctx.scheduler.runAfter(60_000, internal.tasks.expire, { id });

export const expire = internalMutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => await ctx.db.patch("tasks", args.id, { expired: true }),
});
```

## Use instead

```ts
export const expire = internalMutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    const task = await ctx.db.get("tasks", args.id);
    if (task === null) return;
    await ctx.db.patch("tasks", args.id, { expired: true });
  },
});
```

## Known limits

Silent about jobs that are due at once (`runAfter(0, …)`), within `try`, and where the mutation reads anything at all.

## References

* https://docs.convex.dev/scheduling/scheduled-functions
* https://docs.convex.dev/database/writing-data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import begin, callee, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, DatabaseUse, Function, ScheduleCall

__all__ = ["VanishedDocument"]


def _case(name: str, ts: str, py: str, *, delay: str = "60_000", delete: bool = True) -> Case:
    """A mutation `expire` that is scheduled after a delay, beside one that deletes."""
    gone = (
        'await ctx.db.delete("tasks", args.id);' if delete else "",
        'await ctx.db.delete("tasks", args["id"])' if delete else "pass",
    )
    return Case(
        name,
        typescript=f"""\
import {{ internalMutation, mutation }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
import {{ v }} from "convex/values";
export const add = mutation({{ args: {{ id: v.id("tasks") }}, handler: async (ctx, args) => {{
  await ctx.scheduler.runAfter({delay}, internal.tasks.expire, {{ id: args.id }});
}} }});
export const remove = mutation({{ args: {{ id: v.id("tasks") }}, handler: async (ctx, args) => {{ {gone[0]} }} }});
export const expire = internalMutation({{ args: {{ id: v.id("tasks") }}, handler: async (ctx, args) => {{
  {ts}
}} }});
""",
        python=f"""\
from biconvex.sim.server import internal, internal_mutation, mutation
from biconvex.sim.values import v

@mutation(args={{"id": v.id("tasks")}})
async def add(ctx, args):
    await ctx.scheduler.run_after({delay}, internal.tasks.expire, {{"id": args["id"]}})

@mutation(args={{"id": v.id("tasks")}})
async def remove(ctx, args):
    {gone[1]}

@internal_mutation(args={{"id": v.id("tasks")}})
async def expire(ctx, args):
    {py}
""",
    )


_PATCH = (
    'await ctx.db.patch("tasks", args.id, { expired: true });',
    'await ctx.db.patch("tasks", args["id"], {"expired": True})',
)

SILENT = (
    _case(
        "one that looks first",
        f'if (await ctx.db.get("tasks", args.id)) {_PATCH[0]}',
        f'if await ctx.db.get("tasks", args["id"]):\n        {_PATCH[1]}',
    ),
    _case("one that is due at once", *_PATCH, delay="0"),
    _case("documents that nobody deletes", *_PATCH, delete=False),
    _case(
        "one that expects it",
        f"try {{ {_PATCH[0]} }} catch {{ return; }}",
        f"try:\n        {_PATCH[1]}\n    except ValueError:\n        return",
    ),
)

FLAGGED = (
    _case(
        "a patch",
        'await «ctx.db.patch("tasks", args.id, { expired: true })»;',
        'await «ctx.db.patch("tasks", args["id"], {"expired": True})»',
    ),
    _case(
        "a delete, after a time that is computed",
        'await «ctx.db.delete("tasks", args.id)»;',
        'await «ctx.db.delete("tasks", args["id"])»',
        delay="args.delay_ms",
    ),
)

_WRITES = frozenset({"patch", "replace", "delete"})


class VanishedDocument(Rule):
    """Every write of a scheduled mutation to a document that somebody else may have deleted."""

    name = "vanished-document"
    theme = "scheduling"
    severity = Severity.INFO
    links = (
        "https://docs.convex.dev/scheduling/scheduled-functions",
        "https://docs.convex.dev/database/writing-data",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first write by an argument of each mutation that is scheduled for later."""
        uses: dict[Body, list[DatabaseUse]] = {}
        for use in backend.database_uses:
            uses.setdefault(use.body, []).append(use)
        for function, scheduled in _scheduled(backend).items():
            handler = function.handler
            if handler is None or function.kind != "mutation":
                continue
            found = [use for body in backend.reachable(function) for use in uses.get(body, ())]
            if any(use.operation in {"get", "query", "passed"} for use in found):
                continue
            for use in uses.get(handler, ()):
                gone = _elsewhere(backend, use, handler) if _by_argument(use, handler) else None
                if gone is not None:
                    yield Problem(
                        use.place,
                        begin(
                            f"{name_of(function)} runs later, when the document may be gone, and {callee(use)} fails."
                        ),
                        help="read the document first, and do nothing when it is missing",
                        evidence=((scheduled.place, "scheduled here"), (gone.place, "deleted here")),
                    )
                    break


def _scheduled(backend: Backend) -> dict[Function, ScheduleCall]:
    """Give each function that is scheduled for later, with the first call that does."""
    found: dict[Function, ScheduleCall] = {}
    for call in backend.schedule_calls:
        target = call.reference.function if call.reference else None
        if target is not None and call.delay_ms != 0:
            found.setdefault(target, call)
    return found


def _by_argument(use: DatabaseUse, handler: Body) -> bool:
    """Tell whether a write takes its id from the arguments of a handler, outside of any `try`."""
    if use.operation not in _WRITES or use.in_loop or len(handler.syntax.parameters) < 2:
        return False
    names = {
        node.id for node in syntax.walk(handler.syntax.parameters[1].target) if isinstance(node, syntax.Name)
    }
    at = 1 if use.explicit_table else 0
    given = use.arguments[at] if len(use.arguments) > at else None
    while isinstance(given, syntax.Member | syntax.Index | syntax.Cast):
        given = given.value if isinstance(given, syntax.Cast) else given.object
    return isinstance(given, syntax.Name) and given.id in names and not _guarded(use, handler)


def _guarded(use: DatabaseUse, handler: Body) -> bool:
    tries = (
        node for part in handler.syntax.body for node in syntax.walk(part) if isinstance(node, syntax.Try)
    )
    return any(node.start <= use.place.start < node.end for node in tries)


def _elsewhere(backend: Backend, use: DatabaseUse, handler: Body) -> DatabaseUse | None:
    """Give a call in another function that deletes documents of the same table."""
    table = _table(use)
    if table is None:
        return None
    for other in backend.database_uses:
        if other.operation == "delete" and other.body is not handler and _table(other) == table:
            return other
    return None


def _table(use: DatabaseUse) -> str | None:
    return use.table or (use.id.table if use.id is not None else None)
