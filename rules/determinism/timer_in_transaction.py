"""A timer in a query or a mutation.

## What it does

Finds `setTimeout`, `setInterval` and `setImmediate` in queries and mutations, and in the functions that they call. In
Python: `asyncio.sleep`, `time.sleep`, `threading.Timer`.

## Why is this bad?

No time passes in a query or a mutation: the call throws. One that could wait would keep its transaction open, and
conflict with all others.

## Example

```ts
export const remind = mutation({
  args: {},
  handler: async (ctx) => {
    setTimeout(() => ctx.db.insert("reminders", {}), 60_000);
  },
});
```

## Use instead

```ts
export const remind = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(60_000, internal.reminders.insert, {});
  },
});
```

## Known limits

`asyncio.sleep(0)` waits for nothing and is fine. Silent behind a test on the ctx, and about functions that are passed
around as values.

## References

* https://docs.convex.dev/scheduling/scheduled-functions
* https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.determinism._shared import in_transactions, path_evidence, spelled_call
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import a_kind, begin, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, OutsideCall, Reach

__all__ = ["TimerInTransaction"]

SILENT = (
    handler_case(
        "an action",
        """
await new Promise((resolve) => setTimeout(resolve, 1000));
""",
        """
import asyncio
await asyncio.sleep(1)
""",
        kind="action",
    ),
    handler_case(
        "what waits for nothing",
        """
const timer = null;
clearTimeout(timer);
""",
        """
import asyncio
await asyncio.sleep(0)
""",
        kind="mutation",
    ),
)

FLAGGED = (
    handler_case(
        "a pause",
        """
await new Promise((resolve) => «setTimeout(resolve, 1000)»);
""",
        """
import asyncio
await «asyncio.sleep(1)»
""",
        kind="mutation",
    ),
    Case(
        "in a function that a query calls",
        """\
import { query } from "./_generated/server";
const pause = (ms: number) => new Promise((resolve) => «setTimeout(resolve, ms)»);
export const slow = query({
  args: {},
  handler: async (ctx) => {
    await pause(100);
    return await ctx.db.query("tasks").take(10);
  },
});
""",
        """\
import time
from biconvex.sim.server import query

def pause(seconds):
    «time.sleep(seconds)»

@query(args={})
async def slow(ctx, args):
    pause(1)
    return await ctx.db.query("tasks").take(10)
""",
    ),
)

TIMERS = frozenset(
    {"setTimeout", "setInterval", "setImmediate", "asyncio.sleep", "time.sleep", "threading.Timer"}
)


class TimerInTransaction(Rule):
    """Every timer that a query or a mutation sets."""

    name = "timer-in-transaction"
    theme = "determinism"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/scheduling/scheduled-functions",
        "https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call, with the way to it."""
        for call, reach in in_transactions(backend, _waits):
            yield _problem(call, reach)


def _waits(call: OutsideCall) -> bool:
    first = call.node.arguments[0] if call.node.arguments else None
    nothing = call.name == "asyncio.sleep" and isinstance(first, syntax.Literal) and first.value == 0
    return call.name in TIMERS and not nothing


def _problem(call: OutsideCall, reach: Reach) -> Problem:
    function, timer = reach.function, spelled_call(call)
    kind = a_kind(function)
    if reach.path:
        message = (
            f"{timer} fails here when {kind} comes to it, as {name_of(function)} does: no time passes in it."
        )
    else:
        message = begin(f"{name_of(function)} is {kind}, in which no time passes: {timer} fails.")
    return Problem(
        call.place,
        message,
        help=f"schedule what is to come later, with `ctx.scheduler.{spelled('runAfter', call.place)}`",
        evidence=path_evidence(reach),
    )
