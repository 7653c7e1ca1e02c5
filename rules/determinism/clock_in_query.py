"""A query that reads the clock.

## What it does

Finds `Date.now()`, `new Date()` and the like in public queries, and in the functions that they call, in any file. In
Python: `now_ms()`, `time.time()`, `datetime.now()`.

## Why is this bad?

A query is run again when what it read from the database changes, not because time passes: what it said of "now" stays
on the screen, out of date. And since the result depends on the time, Convex can keep it in its cache for seconds
only, so that the query runs far more often.

## Example

```ts
export const open = query({
  args: {},
  handler: async (ctx) => {
    const tasks = await ctx.db.query("tasks").take(100);
    return tasks.filter((task) => task.due > Date.now());
  },
});
```

## Use instead

Let the client pass the time, rounded to what matters, or let a cron job or a scheduled function mark what has become
due:

```ts
export const open = query({
  args: { now: v.number() },
  handler: async (ctx, args) => {
    const tasks = await ctx.db.query("tasks").take(100);
    return tasks.filter((task) => task.due > args.now);
  },
});
```

## Known limits

Internal queries and those of components aren't subscribed to by clients: the first are left alone without `internal`,
the others always. Silent about the default of a parameter, and about functions that are passed around as values. The
fix is for `Date.now()` in the query itself, where nobody in sight calls it: clients have to pass the time then.

## References

* https://docs.convex.dev/understanding/best-practices/#date-in-queries
* https://docs.convex.dev/functions/query-functions#caching--reactivity--consistency
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.model import Reach
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.determinism._shared import path_evidence, spelled_call
from biconvex.rules.determinism.time_argument import time_argument
from biconvex.rules.examples import handler_case, python_handler, typescript_handler
from biconvex.rules.wording import about, begin, in_tests, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, OutsideCall, Place

__all__ = ["ClockInQuery"]

SILENT = (
    handler_case(
        "a mutation",
        """
await ctx.db.insert("tasks", { created: Date.now(), day: new Date().toISOString() });
""",
        """
import time
await ctx.db.insert("tasks", {"created": time.time()})
""",
        kind="mutation",
    ),
    handler_case(
        "a time that the client gives, and one that is written out",
        """
const start = new Date(args.now);
return start > new Date("2024-01-01") && Date.parse("2024-01-01") < args.now;
""",
        """
from datetime import datetime
return datetime.fromtimestamp(args["now"]) > datetime(2024, 1, 1)
""",
    ),
    handler_case(
        "an internal query, which no client watches",
        """
return await ctx.db.query("tasks").withIndex("by_due", (q) => q.lt("due", Date.now())).take(100);
""",
        """
from biconvex.sim.server import now_ms
return await ctx.db.query("tasks").with_index("by_due", lambda q: q.lt("due", now_ms())).take(100)
""",
        kind="internalQuery",
    ),
)


def _fixed(typescript: str, python: str | None, kind: str = "query") -> Fixed:
    """A handler that takes the time, in its own words."""
    ts = typescript_handler(typescript, kind).replace("args: {}", "args: { now: v.number() }")
    py = python and python_handler(python).replace("args={}", 'args={"now": v.number()}')
    return Fixed({"tasks.ts": ts}, {"tasks.py": py} if py else None)


FLAGGED = (
    handler_case(
        "in the query itself",
        """
const tasks = await ctx.db.query("tasks").take(100);
const today = «new Date()».toISOString();
return tasks.filter((task) => task.due > «Date.now()» && task.day === today);
""",
        """
from datetime import datetime
from biconvex.sim.server import now_ms
tasks = await ctx.db.query("tasks").take(100)
today = «datetime.now()».isoformat()
return [task for task in tasks if task["due"] > «now_ms()» and task["day"] == today]
""",
        fixed=_fixed(
            """
const tasks = await ctx.db.query("tasks").take(100);
const today = new Date().toISOString();
return tasks.filter((task) => task.due > args.now && task.day === today);
""",
            """
from datetime import datetime
from biconvex.sim.server import now_ms
tasks = await ctx.db.query("tasks").take(100)
today = datetime.now().isoformat()
return [task for task in tasks if task["due"] > args["now"] and task["day"] == today]
""",
        ),
    ),
    Case(
        "in a function that it calls",
        {
            "tasks.ts": """\
import { query } from "./_generated/server";
import { isDue } from "./lib/time";
export const open = query({
  args: {},
  handler: async (ctx) => {
    const tasks = await ctx.db.query("tasks").take(100);
    return tasks.filter((task) => isDue(task));
  },
});
""",
            "lib/time.ts": """\
const now = () => «Date.now()»;
export const isDue = (task: { due: number }) => task.due < now();
""",
        },
        {
            "tasks.py": """\
from biconvex.sim.server import query
from .lib.clock import is_due

@query(args={})
async def due(ctx, args):
    tasks = await ctx.db.query("tasks").take(100)
    return [task for task in tasks if is_due(task)]
""",
            "lib/clock.py": """\
import time

def now():
    return «time.time()»

def is_due(task):
    return task["due"] < now()
""",
        },
    ),
    handler_case(
        "an internal query, if that is asked for",
        """
return «Date.now()»;
""",
        """
import time
return «time.time()»
""",
        kind="internalQuery",
        options={"internal": True},
        fixed=_fixed("return args.now;", None, "internalQuery"),
    ),
)

CLOCKS = frozenset({
    "Date.now", "performance.now", "luxon.DateTime.now",
    "convex/server.now_ms", "time.time", "time.time_ns", "time.monotonic", "time.perf_counter",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
})  # fmt: skip
"""Calls that read the clock."""

WITHOUT_ARGUMENTS = frozenset({"Date", "dayjs.default", "moment.default", "dayjs", "moment"})
"""Calls that read the clock when they are given nothing."""


@dataclass(frozen=True, slots=True)
class ClockOptions:
    """`internal`: also report internal queries."""

    internal: bool = False


class ClockInQuery(Rule):
    """Every look at the clock that a query takes."""

    name = "clock-in-query"
    theme = "determinism"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/understanding/best-practices/#date-in-queries",
        "https://docs.convex.dev/functions/query-functions#caching--reactivity--consistency",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"
    Options = ClockOptions

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call that reads the clock, once, with the way from a query to it."""
        if backend.kind == "component":
            return
        seen: set[Place] = set()
        for call in backend.outside_calls:
            if (
                call.place in seen
                or "query" not in call.ways
                or not _reads_clock(call)
                or in_tests(call.place)
            ):
                continue
            reach = self._query(backend, call)
            if reach is not None:
                seen.add(call.place)
                yield _problem(backend, call, reach)

    def _query(self, backend: Backend, call: OutsideCall) -> Reach | None:
        """Give a way from a public query, or from any if that is asked for."""
        body, steps = call.ways["query"]
        for reach in backend.reached_by(body):
            function = reach.function
            if function.kind == "query" and (function.visibility == "public" or self.options.internal):
                return Reach(function, (*reach.path, *steps))
        return None


def _reads_clock(call: OutsideCall) -> bool:
    return call.name in CLOCKS or (call.name in WITHOUT_ARGUMENTS and not call.node.arguments)


def _problem(backend: Backend, call: OutsideCall, reach: Reach) -> Problem:
    name, clock = name_of(reach.function), spelled_call(call)
    if reach.path:
        fact = f"The query {name} reads the clock here with {clock}"
    else:
        fact = begin(f"{name} reads the clock with {clock}")
    return Problem(
        call.place,
        f"{fact}, and is not run again when time passes.",
        help="take the time as an argument, or mark in the database what has become due",
        evidence=path_evidence(reach),
        fix=None if reach.path else time_argument(backend, reach.function, call),
        topic=about(reach.function),
    )
