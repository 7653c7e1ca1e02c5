"""Actions that run a query or a mutation for each of many things.

## What it does

Finds `ctx.runQuery` and `ctx.runMutation` in a loop of an action that does nothing else which has to happen outside
of a transaction.

## Why is this bad?

Each round is a function call and a transaction of its own: slow, and paid for one by one. If the action fails half way,
half of the work is done and nobody knows which. One function that takes all of it does it at once or not at all.

## Example

```ts
for (const user of users) {
  await ctx.runMutation(internal.users.markAsSeen, { user });
}
```

## Use instead

```ts
await ctx.runMutation(internal.users.markAllAsSeen, { users });
```

## Known limits

Information only, because one transaction for each thing can be just what is wanted: when there is more than fits into
one, or each must be checked again. Silent about loops that await anything else or call what isn't surely pure, `while`
loops, loops that catch the error of a round, loops over ten things at most or over batches, about functions of
components, in tests and in migrations.

## References

* https://docs.convex.dev/understanding/best-practices/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.transactions._shared import (
    around,
    in_action,
    is_migration,
    is_pure_but,
    names_in,
    own_function,
)
from biconvex.rules.wording import callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Loop, RunCall

__all__ = ["RunInLoop"]


def _case(name: str, ts: str, py: str, kind: str = "action") -> Case:
    return Case(
        name,
        f"""\
import {{ internalMutation, {kind} }} from "./_generated/server";
import {{ components, internal }} from "./_generated/api";
export const put = internalMutation({{ args: {{}}, handler: async () => null }});
export const f = {kind}({{
  args: {{}},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        f"""\
from biconvex.sim.server import components, internal, internal_mutation, {kind}

@internal_mutation(args={{}})
async def put(ctx, args): ...

@{kind}(args={{}})
async def f(ctx, args):
    {py}
""",
    )


_PUT, _PY_PUT = "ctx.runMutation(internal.tasks.put, { x })", 'ctx.run_mutation(internal.tasks.put, {"x": x})'

SILENT = (
    _case(
        "something outside of the database in each round",
        f"for (const x of args.all) {{ await fetch(x.url); await {_PUT}; }}",
        f"for x in args['all']: await fetch(x); await {_PY_PUT}",
    ),
    _case(
        "a few, from an array in sight",
        f'for (const x of ["a", "b"]) await {_PUT};',
        f'for x in ["a", "b"]: await {_PY_PUT}',
    ),
    _case(
        "page by page",
        f"let x = null; while (true) {{ x = await {_PUT}; if (!x) break; }}",
        f"x = 1\n    while x: x = await {_PY_PUT}",
    ),
    _case(
        "batch by batch",
        f"for (let i = 0; i < args.all.length; i += 100) {{ const x = args.all.slice(i, i + 100); await {_PUT}; }}",
        f"for x in batches: await {_PY_PUT}",
    ),
    _case(
        "a failure that leaves the others alone",
        f"for (const x of args.all) {{ try {{ await {_PUT}; }} catch (error) {{ console.log(error); }} }}",
        f"for x in args['all']:\n        try: await {_PY_PUT}\n        except Exception: pass",
    ),
    _case(
        "the first that works",
        f"for (const x of args.all) {{ return await {_PUT}; }}",
        f"for x in args['all']: return await {_PY_PUT}",
    ),
)

FLAGGED = (
    _case(
        "one by one",
        f"for (const x of args.all) {{ if (x.old) continue; await «{_PUT}»; }}",
        f"for x in args['all']:\n        if x: await «{_PY_PUT}»",
    ),
    _case(
        "all at once, which is as many transactions",
        f"await Promise.all(args.all.map((x) => «{_PUT}»));",
        f"await asyncio.gather(*[«{_PY_PUT}» for x in args['all']])",
    ),
)

_FEW = 10
_BATCH = re.compile(r"batch|chunk|page|slice|cursor|offset", re.IGNORECASE)


class RunInLoop(Rule):
    """Every call that a loop makes, and nothing else."""

    name = "run-in-loop"
    theme = "transactions"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/understanding/best-practices/",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such call."""
        for call in backend.run_calls:
            if call.operation == "runAction" or not call.loops or call.leaves_loop:
                continue
            if own_function(call) is None or not in_action(call.body):
                continue
            if in_tests(call.place) or is_migration(call.body):
                continue
            loop = call.loops[-1]
            if _is_one_by_one(loop, call):
                yield Problem(
                    call.place,
                    f"{callee(call)} in this loop is a transaction for each round.",
                    help="pass everything to one function, and let that loop",
                    evidence=((loop.place, "this loop"),),
                )


def _is_one_by_one(loop: Loop, call: RunCall) -> bool:
    if loop.kind in {"while", "do"} or (loop.bound is not None and loop.bound <= _FEW):
        return False
    if any(
        isinstance(node, syntax.Try)
        for node in around(call.body.syntax, call.place)
        if node.start > loop.place.start
    ):
        return False
    if isinstance(loop.node, syntax.Loop):
        parts = [*loop.node.body, *([loop.node.each] if loop.node.each else []), *loop.node.header]
        through = loop.node.iterable
    else:
        parts = list(loop.node.arguments)
        through = loop.node.callee
    if any(_is_batch(part) for part in (*parts, *([through] if through is not None else []))):
        return False
    return all(is_pure_but(part, call) for part in parts)


def _is_batch(node: syntax.Node) -> bool:
    """Tell whether code speaks of batches, by its names."""
    members = {part.name for part in syntax.walk(node) if isinstance(part, syntax.Member)}
    keys = {part.key for part in syntax.walk(node) if isinstance(part, syntax.Property) and part.key}
    return any(_BATCH.search(name) for name in names_in(node) | members | keys)
