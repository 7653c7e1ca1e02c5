"""Actions that run an action of the same runtime.

## What it does

Finds `ctx.runAction` where both the caller and the called action run in Convex's runtime, or both in Node.

## Why is this bad?

It is a whole function call: it is paid for, takes a place among the functions that run at the same time, its arguments
are encoded and decoded, and the caller waits and is paid for as well. A plain function does the same for nothing.
`runAction` is for the way into the other runtime.

## Example

```ts
const text = await ctx.runAction(internal.pages.fetchText, { url });
```

## Use instead

```ts
const text = await fetchText(url);
```

## Known limits

Silent about functions of components, in tests, and where a body is reached from both runtimes, or does not wait for the
one action before it runs others: each action has a time limit and memory of its own, which is a reason to split work.

## References

* https://docs.convex.dev/understanding/best-practices/
* https://docs.convex.dev/functions/actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.references._shared import declared
from biconvex.rules.transactions._cases import PY_SEND, SEND, case
from biconvex.rules.transactions._shared import own_function
from biconvex.rules.wording import about, callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, RunCall

__all__ = ["SameRuntimeAction"]

_NODE = """\
"use node";
import { internalAction } from "./_generated/server";
export const send = internalAction({ args: {}, handler: async () => {} });
"""

SILENT = (
    Case(
        "into the other runtime",
        {
            "mail.ts": _NODE,
            "tasks.ts": """\
import { action } from "./_generated/server";
import { internal } from "./_generated/api";
export const f = action({
  args: {},
  handler: async (ctx) => { await ctx.runAction(internal.mail.send, {}); },
});
""",
        },
        """\
from biconvex.sim.server import action, components

@action(args={})
async def f(ctx, args):
    await ctx.run_action(components.mail.lib.send, {})
""",
    ),
    case(
        "several side by side",
        f"await Promise.all(args.all.map((x) => {SEND}));",
        f"await asyncio.gather(*[{PY_SEND} for x in args['all']])",
    ),
    case(
        "a query",
        "await ctx.runQuery(internal.tasks.get, {});",
        "await ctx.run_query(internal.tasks.get, {})",
    ),
)

FLAGGED = (
    case("an action of the same file", f"return await «{SEND}»;", f"return await «{PY_SEND}»"),
    case(
        "one by one",
        f"for (const x of args.all) {{ await «{SEND}»; }}",
        f"for x in args['all']: await «{PY_SEND}»",
        "internalAction",
    ),
)


class SameRuntimeAction(Rule):
    """Every action that runs another where a plain function would do."""

    name = "same-runtime-action"
    theme = "transactions"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/understanding/best-practices/",
        "https://docs.convex.dev/functions/actions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such call."""
        side_by_side = {
            (promise.place.source.path, promise.place.start)
            for promise in backend.promises
            if promise.api == "runAction" and promise.fate != "awaited"
        }
        for call in backend.run_calls:
            function = own_function(call) if call.operation == "runAction" else None
            if function is None or function.kind != "action" or in_tests(call.place):
                continue
            if (call.place.source.path, call.place.start) in side_by_side:
                continue
            if _runtimes(backend, call) == {function.module.runtime}:
                where = "Node" if function.module.runtime == "node" else "Convex's runtime"
                yield Problem(
                    call.place,
                    f"{callee(call)} runs an action that is in {where}, where its caller is already.",
                    help="call a plain function that does the same",
                    evidence=declared(function),
                    topic=about(function),
                )


def _runtimes(backend: Backend, call: RunCall) -> set[str]:
    """Give the runtimes of the functions that make a call."""
    return {reach.function.module.runtime for reach in backend.reached_by(call.body)}
