"""Delays and times that are in seconds, where Convex counts in milliseconds.

## What it does

Finds `runAfter` with a constant delay that makes sense in seconds and hardly in milliseconds: 2 to 99, or the seconds
of some hours or days, such as 3600 and 86400. Finds `runAt` with a time in seconds, and delays below zero, which throw.

## Why is this bad?

Convex counts in milliseconds. With `runAfter(60, …)` a reminder comes 60 ms later, and `runAt` with a time in seconds
means a day in January 1970: the function runs at once. Nothing fails, which makes it hard to see.

## Example

```ts
await ctx.scheduler.runAfter(60, internal.reminders.send, { id }); // in a minute?
await ctx.scheduler.runAt(Date.now() / 1000 + 3600, internal.reminders.send, { id });
```

## Use instead

```ts
await ctx.scheduler.runAfter(60 * 1000, internal.reminders.send, { id });
await ctx.scheduler.runAt(Date.now() + 3600 * 1000, internal.reminders.send, { id });
```

## Known limits

Silent about 0 and 1, which mean as soon as possible, about 100 to 3599 ms, and about what is not constant.

## References

* https://docs.convex.dev/scheduling/scheduled-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, ScheduleCall

__all__ = ["DelayInSeconds"]


def _case(name: str, *times: tuple[str, str, str]) -> Case:
    """A mutation that schedules a function at some times: the method, and the time in each language."""
    script, module = "", ""
    for method, ts, py in times:
        script += f"    await ctx.scheduler.{method}({ts}, internal.tasks.remind, {{}});\n"
        snake = method.replace("A", "_a")
        module += f"    await ctx.scheduler.{snake}({py}, internal.tasks.remind, {{}})\n"
    return Case(
        name,
        f"""\
import {{ mutation }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
const MINUTE_MS = 60 * 1000;
export const f = mutation({{
  args: {{}},
  handler: async (ctx, args) => {{
{script}  }},
}});
""",
        f"""\
import time
from biconvex.sim.server import internal, mutation

MINUTE_MS = 60 * 1000

@mutation(args={{}})
async def f(ctx, args):
{module}""",
    )


SILENT = (
    _case(
        "delays in milliseconds",
        ("runAfter", "0", "0"),
        ("runAfter", "1", "1"),
        ("runAfter", "500", "500"),
        ("runAfter", "3600 * 1000", "3600 * 1000"),
        ("runAfter", "MINUTE_MS", "MINUTE_MS"),
    ),
    _case(
        "times in milliseconds",
        ("runAt", "Date.now() + 5000", "time.time() * 1000 + 5000"),
        ("runAt", "args.at", 'args["at"]'),
        ("runAt", "new Date(2030, 1, 1)", "datetime.fromtimestamp(time.time() + 60)"),
        ("runAt", "1735689600000", "1735689600000"),
    ),
    _case(
        "what is computed",
        ("runAfter", "delay()", "delay()"),
        ("runAfter", "args.seconds * 1000", "args * 1000"),
    ),
)

FLAGGED = (
    _case(
        "delays in seconds",
        ("runAfter", "«60»", "«60»"),
        ("runAfter", "«3600»", "«3600»"),
        ("runAfter", "«24 * 60 * 60»", "«24 * 60 * 60»"),
    ),
    _case(
        "times in seconds",
        ("runAt", "«Date.now() / 1000 + 60»", "«time.time() + 60»"),
        ("runAt", "«Math.floor(Date.now() / 1000)»", "«int(time.time())»"),
        ("runAt", "«1735689600»", "«1735689600»"),
        ("runAt", "«60»", "«60»"),
    ),
    _case("a delay below zero", ("runAfter", "«-1000»", "«-1000»")),
)

_SECONDS = frozenset({3_600, 7_200, 21_600, 43_200, 86_400, 604_800, 2_592_000})
"""The seconds of one hour, two, six and twelve, of a day, a week and thirty days."""

_ROUNDING = frozenset({"now", "time", "floor", "ceil", "round", "trunc", "int", "float"})

_EARLIEST_MS = 1e11
"""Times before this, in 1973, are no milliseconds."""


class DelayInSeconds(Rule):
    """Every scheduled call with a time in the wrong unit."""

    name = "delay-in-seconds"
    theme = "scheduling"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/scheduled-functions",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield wrong delays, then wrong times."""
        for call in backend.schedule_calls:
            if call.arguments and not isinstance(call.arguments[0], syntax.Spread):
                yield from _delay(call) if call.operation == "runAfter" else _time(call)


def _delay(call: ScheduleCall) -> Iterator[Problem]:
    delay = call.delay_ms
    if delay is None:
        return
    if delay < 0:
        yield Problem(
            _when(call),
            f"{callee(call)} throws: its delay is {delay:g} ms, below zero.",
            help="give it a delay of 0 or more",
            severity=Severity.ERROR,
        )
    elif 2 <= delay < 100 or delay in _SECONDS:
        shown = f"{delay:g} ms" if delay < 1000 else f"{delay / 1000:g} s"
        yield Problem(
            _when(call),
            f"{callee(call)} runs its function after {shown}: the delay is in milliseconds.",
            help=f"write `{delay:g} * 1000` if seconds are meant",
        )


def _time(call: ScheduleCall) -> Iterator[Problem]:
    given = call.arguments[0]
    number = given.value if isinstance(given, syntax.Literal) and given.kind == "number" else None
    early = isinstance(number, int | float) and number < _EARLIEST_MS
    if early or _in_seconds(given):
        yield Problem(
            _when(call),
            f"{callee(call)} is given a time in seconds, which is long past in milliseconds.",
            help="give it the milliseconds since 1970",
        )


def _in_seconds(node: syntax.Node) -> bool:
    """Tell whether a time is made of the clock's seconds, and nothing multiplies it."""
    parts = list(syntax.walk(node))
    if any(isinstance(part, syntax.Operation) and part.operator == "*" for part in parts):
        return False
    if any(isinstance(part, syntax.Call) and _called(part) not in _ROUNDING for part in parts):
        return False
    return any(_divides_the_clock(part) or _is_clock(part, "time", "time") for part in parts)


def _called(call: syntax.Call) -> str:
    callee = call.callee
    return (
        callee.name
        if isinstance(callee, syntax.Member)
        else callee.id
        if isinstance(callee, syntax.Name)
        else ""
    )


def _divides_the_clock(node: syntax.Node) -> bool:
    if not isinstance(node, syntax.Operation) or node.operator not in {"/", "//"} or len(node.operands) != 2:
        return False
    by = node.operands[1]
    return isinstance(by, syntax.Literal) and by.value == 1000 and _is_clock(node.operands[0], "Date", "now")


def _is_clock(node: syntax.Node, owner: str, name: str) -> bool:
    called = node.callee if isinstance(node, syntax.Call) else None
    if not isinstance(called, syntax.Member) or called.name != name:
        return False
    return isinstance(called.object, syntax.Name) and called.object.id == owner


def _when(call: ScheduleCall) -> Place:
    first = call.arguments[0]
    return Place(call.place.source, first.start, first.end)
