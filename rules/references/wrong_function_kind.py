"""Functions that are run, scheduled or repeated as if they were of another kind.

## What it does

Finds `ctx.runQuery` with a mutation, `ctx.runMutation` with an action and the like, queries and HTTP actions that are
scheduled or made a cron job, and, where the client code of the project is linted as well, `useQuery` with a mutation.

## Why is this bad?

Convex refuses to run a function as what it isn't: the call throws. A query that is scheduled fails when it is due, and
nobody hears of it, because only mutations and actions can be scheduled.

## Example

```ts
const tasks = await ctx.runMutation(internal.tasks.list, {}); // a query
```

## Use instead

```ts
const tasks = await ctx.runQuery(internal.tasks.list, {});
```

## Known limits

Silent about functions of components, and about references that are computed.

## References

* https://docs.convex.dev/functions/actions
* https://docs.convex.dev/scheduling/scheduled-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.references._shared import declared
from biconvex.rules.wording import a_kind, callee, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CronJob, FunctionReference, Kind, RunCall, ScheduleCall

__all__ = ["WrongFunctionKind"]


def _case(name: str, kind: str, call: str, fixed: str | None = None) -> Case:
    """A function of some kind that makes a call on the ctx, written alike in both languages but for the names."""

    def script(call: str) -> str:
        return f"""\
import {{ internalAction, internalMutation, internalQuery, {kind} }} from "./_generated/server";
import {{ internal, components }} from "./_generated/api";
export const list = internalQuery({{ args: {{}}, handler: async () => [] }});
export const add = internalMutation({{ args: {{}}, handler: async () => {{}} }});
export const send = internalAction({{ args: {{}}, handler: async () => {{}} }});
export const f = {kind}({{ args: {{}}, handler: async (ctx) => {{ await {call}; }} }});
"""

    def module(call: str) -> str:
        for verb in ("Query", "Mutation", "Action", "After"):
            call = call.replace(f"run{verb}", f"run_{verb.lower()}")
        return f"""\
from biconvex.sim.server import internal_action, internal_mutation, internal_query, {kind}
from biconvex.sim.server import internal, components

@internal_query(args={{}})
async def list(ctx, args): ...

@internal_mutation(args={{}})
async def add(ctx, args): ...

@internal_action(args={{}})
async def send(ctx, args): ...

@{kind}(args={{}})
async def f(ctx, args):
    await {call}
"""

    after = Fixed(script(fixed), module(fixed)) if fixed else None
    return Case(name, script(call), module(call), after)


SILENT = (
    _case("a query run as one", "mutation", "ctx.runQuery(internal.tasks.list, {})"),
    _case("a mutation run as one", "action", "ctx.runMutation(internal.tasks.add, {})"),
    _case("an action that is scheduled", "mutation", "ctx.scheduler.runAfter(0, internal.tasks.send, {})"),
    _case("a component's function", "mutation", "ctx.runMutation(components.pool.lib.list, {})"),
)

FLAGGED = (
    _case(
        "a query run as a mutation",
        "action",
        "«ctx.runMutation(internal.tasks.list, {})»",
        "ctx.runQuery(internal.tasks.list, {})",
    ),
    _case(
        "a mutation run as an action",
        "action",
        "«ctx.runAction(internal.tasks.add, {})»",
        "ctx.runMutation(internal.tasks.add, {})",
    ),
    _case("an action in a mutation", "mutation", "«ctx.runMutation(internal.tasks.send, {})»"),
    _case("a query that is scheduled", "mutation", "«ctx.scheduler.runAfter(0, internal.tasks.list, {})»"),
)

_OF = {"query": "queries", "mutation": "mutations", "action": "actions"}
_VERBS: dict[Kind, str] = {"query": "runQuery", "mutation": "runMutation", "action": "runAction"}
_CALLERS: dict[str, frozenset[Kind]] = {
    "runQuery": frozenset(("query", "mutation", "action", "httpAction")),
    "runMutation": frozenset(("mutation", "action", "httpAction")),
    "runAction": frozenset(("action", "httpAction")),
}


class WrongFunctionKind(Rule):
    """Every call whose function is of another kind than the call is for."""

    name = "wrong-function-kind"
    theme = "references"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/actions",
        "https://docs.convex.dev/scheduling/scheduled-functions",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield calls, then scheduled functions, cron jobs, and calls of clients."""
        for call in backend.run_calls:
            function = call.reference.function if call.reference else None
            if function is not None and _VERBS.get(function.kind) != call.operation:
                right = _VERBS.get(function.kind)
                yield Problem(
                    call.place,
                    f"{callee(call)} can't run `{call.reference.name if call.reference else ''}`: "
                    f"it is {a_kind(function)}.",
                    help=f"use `{spelled(right, call.place)}`" if right else "fetch its URL",
                    evidence=declared(function),
                    fix=_fix(call, right),
                )
        for scheduled in backend.schedule_calls:
            yield from _unscheduled(scheduled, scheduled.reference, f"{callee(scheduled)} can't schedule")
        for job in backend.crons:
            yield from _unscheduled(job, job.reference, "A cron job can't run")
        for made in backend.client_calls:
            function = made.reference.function
            if function is not None and function.kind != made.operation:
                yield Problem(
                    made.place,
                    f"`{made.name}(…)` is for {_OF[made.operation]}, "
                    f"and `{made.reference.name}` is {a_kind(function)}.",
                    help="use what is for its kind",
                    evidence=declared(function),
                )


def _unscheduled(
    at: ScheduleCall | CronJob, reference: FunctionReference | None, what: str
) -> Iterator[Problem]:
    function = reference.function if reference else None
    if reference is not None and function is not None and function.kind in {"query", "httpAction"}:
        yield Problem(
            at.place,
            f"{what} `{reference.name}`: it is {a_kind(function)}, and only mutations and actions can be scheduled.",
            help="schedule a mutation or an action",
            evidence=declared(function),
        )


def _fix(call: RunCall, right: str | None) -> Fix | None:
    """Put the other verb in the place of this one, if every function that makes the call may use it."""
    if right is None or not call.body.kinds or not call.body.kinds <= _CALLERS[right]:
        return None
    written, other = spelled(call.operation, call.place), spelled(right, call.place)
    head = call.place.text.partition("(")[0]
    if not head.endswith(f".{written}"):
        return None
    end = call.place.start + len(head.encode())
    edit = Edit(call.place.source.path, end - len(written), end, other)
    return Fix(f"use `{other}`", (edit,))
