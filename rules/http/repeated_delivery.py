"""A webhook whose second delivery is stored as if it were the first.

## What it does

Finds mutations that an HTTP action for a webhook runs or schedules, which insert documents and never read any: they
can't know whether the same event was delivered before. An HTTP action is one for a webhook if its name, its path or a
text in it says so (`webhook`, `signature`, `svix-id`).

## Why is this bad?

Who sends webhooks sends them again when no answer came in time, also if the first delivery was worked off. Each
delivery inserts once more: an order is booked twice, a credit given twice.

## Example

```ts
export const recordPayment = internalMutation({
  args: { eventId: v.string(), amount: v.number() },
  handler: async (ctx, args) => await ctx.db.insert("payments", args),
});
```

## Use instead

```ts
export const recordPayment = internalMutation({
  args: { eventId: v.string(), amount: v.number() },
  handler: async (ctx, args) => {
    const known = await ctx.db
      .query("payments")
      .withIndex("by_eventId", (q) => q.eq("eventId", args.eventId))
      .unique();
    if (known === null) await ctx.db.insert("payments", args);
  },
});
```

## Known limits

Silent where the mutation reads anything at all, or hands its ctx to something out of sight. A log that may have an
event twice is found, too.

## References

* https://docs.convex.dev/functions/http-actions
* https://docs.convex.dev/auth/database-auth#set-up-webhooks
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import DatabaseUse, RunCall, ScheduleCall
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import begin, callee, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, CtxCall, Function

__all__ = ["RepeatedDelivery"]

_WEBHOOK = re.compile(r"webhook|signature|svix", re.IGNORECASE)
_HARMLESS = frozenset({"insert", "patch", "replace", "delete"})


def _case(name: str, ts: str, py: str, *, header: str = "x-signature") -> Case:
    """An HTTP action that runs the mutation `record`."""
    return Case(
        name,
        typescript=f"""\
import {{ httpAction, internalMutation }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
import {{ v }} from "convex/values";
export const receive = httpAction(async (ctx, request) => {{
  if (request.headers.get("{header}") !== "…") return new Response(null, {{ status: 401 }});
  const {{ id }} = await request.json();
  await ctx.runMutation(internal.tasks.record, {{ id }});
  return new Response(null);
}});
export const record = internalMutation({{ args: {{ id: v.string() }}, handler: async (ctx, args) => {{
  {ts}
}} }});
""",
        python=f"""\
from biconvex.sim.server import Response, http_action, internal, internal_mutation
from biconvex.sim.values import v

@http_action
async def receive(ctx, request):
    if request.headers["{header}"] != "…":
        return Response("", status=401)
    event = await request.json()
    await ctx.run_mutation(internal.tasks.record, {{"id": event["id"]}})
    return Response("")

@internal_mutation(args={{"id": v.string()}})
async def record(ctx, args):
    {py}
""",
    )


_INSERT = (
    'await ctx.db.insert("payments", { id: args.id });',
    'await ctx.db.insert("payments", {"id": args["id"]})',
)
_MARKED = (
    'await «ctx.db.insert("payments", { id: args.id })»;',
    'await «ctx.db.insert("payments", {"id": args["id"]})»',
)
_QUERY = 'await ctx.db.query("payments").first()'

SILENT = (
    _case(
        "one that looks first", f"if (!({_QUERY})) {_INSERT[0]}", f"if not {_QUERY}:\n        {_INSERT[1]}"
    ),
    _case("no webhook", *_INSERT, header="x-api-key"),
    _case(
        "one that only changes what there is",
        'await ctx.db.patch("payments", args.id, { paid: true });',
        'await ctx.db.patch("payments", args["id"], {"paid": True})',
    ),
    _case(
        "one that others may look for",
        f"await once(ctx, args.id);\n  {_INSERT[0]}",
        f'await once(ctx, args["id"])\n    {_INSERT[1]}',
    ),
)

FLAGGED = (
    _case("an insert", *_MARKED),
    _case(
        "an insert under a condition", f"if (args.id) {_MARKED[0]}", f'if args["id"]:\n        {_MARKED[1]}'
    ),
)


class RepeatedDelivery(Rule):
    """The insert of every webhook's mutation that keeps no eye on what came before."""

    name = "repeated-delivery"
    theme = "http"
    severity = Severity.INFO
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/http-actions",
        "https://docs.convex.dev/auth/database-auth#set-up-webhooks",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first insert of each such mutation."""
        webhooks = [function for function in backend.functions if _is_webhook(backend, function)]
        if not webhooks:
            return
        calls: dict[Body, list[CtxCall]] = {}
        for call in backend.ctx_calls:
            calls.setdefault(call.body, []).append(call)
        handing = {handover.body for handover in backend.handovers}
        seen: set[Function] = set()
        for webhook in webhooks:
            for body in backend.reachable(webhook):
                for call in calls.get(body, ()):
                    target = _target(call)
                    if target is None or target in seen:
                        continue
                    seen.add(target)
                    reached = backend.reachable(target)
                    made = [each for one in reached for each in calls.get(one, ())]
                    insert = _blind_insert(made)
                    if insert is not None and handing.isdisjoint(reached):
                        yield Problem(
                            insert.place,
                            begin(
                                f"{name_of(target)} reads nothing: an event that is delivered twice is stored twice."
                            ),
                            help="look for the event's id first, and do nothing when it is there",
                            evidence=((call.place, f"{callee(call)} runs it for each delivery"),),
                        )


def _is_webhook(backend: Backend, function: Function) -> bool:
    if function.kind != "httpAction" or function.handler is None:
        return False
    paths = [route.path or route.prefix or "" for route in backend.routes if route.handler is function]
    if any(_WEBHOOK.search(name) for name in (function.name or "", *paths)):
        return True
    return any(
        isinstance(node, syntax.Literal) and isinstance(node.value, str) and _WEBHOOK.search(node.value)
        for node in syntax.walk(function.handler.syntax)
    )


def _target(call: CtxCall) -> Function | None:
    """Give the mutation that a call runs or schedules."""
    reference = call.reference if isinstance(call, RunCall | ScheduleCall) else None
    target = reference.function if reference is not None else None
    return target if target is not None and target.kind == "mutation" else None


def _blind_insert(made: list[CtxCall]) -> DatabaseUse | None:
    """Give the first insert, if nothing else but writes and jobs is done."""
    for call in made:
        writes = isinstance(call, DatabaseUse) and call.operation in _HARMLESS
        if not writes and not isinstance(call, ScheduleCall):
            return None
    inserts = (call for call in made if isinstance(call, DatabaseUse) and call.operation == "insert")
    return next(inserts, None)
