"""Calls of an action that follow each other, each in a transaction of its own.

## What it does

Finds two or more `ctx.runQuery` or `ctx.runMutation` of an action, one right after the other, with nothing in between
that has to happen outside of a transaction.

## Why is this bad?

Each call is a transaction of its own. Between two queries the data can change, so that what they give doesn't fit
together; between two mutations the action can fail, so that one has happened and the other never will. One call that
does both is consistent, and a round trip faster.

## Example

```ts
const team = await ctx.runQuery(internal.teams.get, { id });
const members = await ctx.runQuery(internal.teams.members, { id });
```

## Use instead

```ts
const { team, members } = await ctx.runQuery(internal.teams.getWithMembers, { id });
```

## Known limits

Silent where anything that isn't surely pure stands between the calls, about calls in loops, about functions of
components, in tests and in migrations, and about more than three mutations in a row, which are taken for work that is
too much for one transaction. Calls in `Promise.all` are not reported.

## References

* https://docs.convex.dev/understanding/best-practices/
* https://docs.convex.dev/functions/actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.transactions._shared import (
    blocks,
    calls_by_body,
    in_action,
    is_migration,
    is_pure,
    own_function,
    run_by,
)
from biconvex.rules.wording import callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint import syntax
    from biconvex.lint.model import Backend, Body, RunCall

__all__ = ["SequentialRuns"]


def _case(name: str, ts: str, py: str, kind: str = "action") -> Case:
    return Case(
        name,
        f"""\
import {{ internalMutation, internalQuery, {kind} }} from "./_generated/server";
import {{ components, internal }} from "./_generated/api";
export const get = internalQuery({{ args: {{}}, handler: async () => null }});
export const put = internalMutation({{ args: {{}}, handler: async () => null }});
export const f = {kind}({{
  args: {{}},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        f"""\
from biconvex.sim.server import components, internal, internal_mutation, internal_query, {kind}

@internal_query(args={{}})
async def get(ctx, args): ...

@internal_mutation(args={{}})
async def put(ctx, args): ...

@{kind}(args={{}})
async def f(ctx, args):
    {py}
""",
    )


_GET, _PY_GET = "ctx.runQuery(internal.tasks.get, {})", "ctx.run_query(internal.tasks.get, {})"
_PUT, _PY_PUT = "ctx.runMutation(internal.tasks.put, {})", "ctx.run_mutation(internal.tasks.put, {})"

SILENT = (
    _case(
        "something outside of the database in between",
        f"const a = await {_GET}; await fetch(a.url); const b = await {_GET};",
        f"a = await {_PY_GET}; await fetch(a.url); b = await {_PY_GET}",
    ),
    _case(
        "a helper in between, of which nothing is known",
        f"await {_PUT}; notify(args); await {_PUT};",
        f"await {_PY_PUT}; notify(args); await {_PY_PUT}",
    ),
    _case(
        "a component's function",
        f"await {_PUT}; await ctx.runMutation(components.pool.lib.add, {{}});",
        f"await {_PY_PUT}; await ctx.run_mutation(components.pool.lib.add, {{}})",
    ),
    _case(
        "within a transaction",
        f"await {_GET}; await {_GET};",
        f"await {_PY_GET}; await {_PY_GET}",
        "mutation",
    ),
    _case(
        "one or the other",
        f"if (args.a) {{ return await {_GET}; }} return await {_GET};",
        f"return (await {_PY_GET}) if args else (await {_PY_GET})",
    ),
)

FLAGGED = (
    _case(
        "two queries",
        f"const a = await {_GET}; if (!a) throw new Error('none'); const b = await «{_GET}»; return [a, b];",
        f"a = await {_PY_GET}; b = await «{_PY_GET}»; return [a, b]",
    ),
    _case(
        "three mutations are one finding",
        f"await {_PUT}; await «{_PUT}»; await {_PUT};",
        f"await {_PY_PUT}; await «{_PY_PUT}»; await {_PY_PUT}",
    ),
    _case(
        "a query after a mutation",
        f"await {_PUT}; const now = {{ x: 1 }}; return await «{_GET}»;",
        f"await {_PY_PUT}; now = 1; return await «{_PY_GET}»",
    ),
)


_FEW = 3
"""More mutations in a row than this are taken for work that is too much for one transaction."""


class SequentialRuns(Rule):
    """Every row of calls that could be one call."""

    name = "sequential-runs"
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
        """Yield the second call of each row."""
        for body, calls in calls_by_body(backend).items():
            if len(calls) > 1 and in_action(body) and not in_tests(body.place) and not is_migration(body):
                for row in _rows(body, calls):
                    if sum(call.operation == "runMutation" for call in row) <= _FEW:
                        yield _problem(row)


def _rows(body: Body, calls: list[RunCall]) -> Iterator[list[RunCall]]:
    """Give each row of two calls or more; a mutation right after a query is a matter of another rule."""
    by_place = {(call.place.start, call.place.end): call for call in calls if _counts(call)}
    for block in blocks(body.syntax):
        row: list[RunCall] = []
        for call in _in_order(block, by_place):
            if call is not None and (
                not row or row[-1].operation == call.operation or call.operation == "runQuery"
            ):
                row.append(call)
                continue
            if len(row) > 1:
                yield row
            row = [call] if call is not None else []
        if len(row) > 1:
            yield row


def _in_order(block: list[syntax.Node], by_place: dict[tuple[int, int], RunCall]) -> Iterator[RunCall | None]:
    """Give the calls that statements of a block are, and None where anything else may happen."""
    for statement in block:
        call = run_by(statement, by_place)
        if call is not None:
            yield call
        elif not is_pure(statement):
            yield None


def _counts(call: RunCall) -> bool:
    return call.operation != "runAction" and not call.loops and own_function(call) is not None


def _problem(row: list[RunCall]) -> Problem:
    first, second = row[0], row[1]
    many = "two transactions" if len(row) == 2 else f"{len(row)} transactions in a row"
    writes = [call for call in row if call.operation == "runMutation"]
    if len(writes) > 1:
        harm = "if one fails, those before it have still happened"
    else:
        harm = "others may write in between" if writes else "what they read may not fit together"
    return Problem(
        second.place,
        f"{callee(second)} comes right after {callee(first)}: they are {many}, and {harm}.",
        help="make one function of them, and call that",
        evidence=tuple((call.place, "another call of the row") for call in row if call is not second),
    )
