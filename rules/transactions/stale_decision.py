"""Actions that read in one transaction and write, because of it, in the next.

## What it does

Finds `ctx.runQuery` in an action, followed by a `ctx.runMutation` that depends on what was read, with nothing in
between that has to happen outside of a transaction: what was read decides whether the mutation runs, or is passed on.

## Why is this bad?

Between the query and the mutation anybody may write. Two actions that check at the same time both find the seat free,
and both book it. A mutation that reads and writes is one transaction: Convex runs it again if what it read has changed.

## Example

```ts
const seat = await ctx.runQuery(internal.seats.get, { id });
if (seat.taken) throw new ConvexError("taken");
await ctx.runMutation(internal.seats.book, { id });
```

## Use instead

```ts
await ctx.runMutation(internal.seats.bookIfFree, { id });
```

## Known limits

Silent where anything that isn't surely pure stands between the two, about loops, about functions of components, in
tests and in migrations, and where the query only shows that something exists. It is information where the mutation only
inserts, or reads for itself: it may well check again what the query found, which is then a round trip for nothing.

## References

* https://docs.convex.dev/understanding/best-practices/
* https://docs.convex.dev/database/advanced/occ
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.transactions._cases import GET, PUT, PY_GET, PY_PUT, case
from biconvex.rules.transactions._shared import (
    blocks,
    calls_by_body,
    in_action,
    is_migration,
    is_pure,
    names_bound,
    names_in,
    own_function,
    run_by,
)
from biconvex.rules.wording import callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, RunCall

__all__ = ["StaleDecision"]

SILENT = (
    case(
        "something outside of the database in between",
        f"const a = await {GET}; const b = await fetch(a.url); if (!a) return; await {PUT};",
        f"a = await {PY_GET}; b = await fetch(a); await ctx.run_mutation(internal.tasks.put, {{'a': a}})",
    ),
    case(
        "a mutation that has nothing to do with it",
        f"const a = await {GET}; await {PUT}; return a;",
        f"a = await {PY_GET}; await {PY_PUT}; return a",
    ),
    case(
        "within a transaction",
        f"const a = await {GET}; if (!a) return; await {PUT};",
        f"a = await {PY_GET}\n    if a: await {PY_PUT}",
        "mutation",
    ),
    case(
        "a helper in between, of which nothing is known",
        f"const a = await {GET}; log(a); if (a.taken) await {PUT};",
        f"a = await {PY_GET}; log(a)\n    if a['taken']: await {PY_PUT}",
    ),
    case(
        "whether there is something",
        f"const a = await {GET}; if (!a || a === null) throw new Error('none'); await {PUT};",
        f"a = await {PY_GET}\n    if a is None: raise ValueError('none')\n    await {PY_PUT}",
    ),
)

FLAGGED = (
    case(
        "a check that ends the action",
        f"const a = await {GET}; if (a.taken) throw new Error('taken'); return await «{PUT}»;",
        f"a = await {PY_GET}\n    if a['taken']: raise ValueError('taken')\n    return await «{PY_PUT}»",
    ),
    case(
        "a check around the mutation",
        f"const a = await {GET}; const free = !a.taken; if (free > 0) {{ await «{PUT}»; }}",
        f"a = await {PY_GET}; free = not a\n    if free > 0: await «{PY_PUT}»",
    ),
    case(
        "passed on",
        f"const {{ count }} = await {GET}; await «ctx.runMutation(internal.tasks.put, {{ count: count + 1 }})»;",
        f"a = await {PY_GET}; await «ctx.run_mutation(internal.tasks.put, {{'count': a['count'] + 1}})»",
    ),
)


class StaleDecision(Rule):
    """Every mutation that an action decides upon by a query."""

    name = "stale-decision"
    theme = "transactions"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/understanding/best-practices/",
        "https://docs.convex.dev/database/advanced/occ",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such mutation."""
        reading, changing = _uses(backend)
        for body, calls in calls_by_body(backend).items():
            if len(calls) > 1 and in_action(body) and not in_tests(body.place) and not is_migration(body):
                for query, mutation in _pairs(body, calls):
                    yield Problem(
                        mutation.place,
                        f"{callee(mutation)} depends on what {callee(query)} read before, which may have changed.",
                        help="let the mutation read it",
                        evidence=((query.place, "read here, in a transaction of its own"),),
                        severity=None if _is_blind(backend, mutation, reading, changing) else Severity.INFO,
                    )


def _uses(backend: Backend) -> tuple[set[Body], set[Body]]:
    """Give the bodies that read the database, and those that change what is there."""
    reading: set[Body] = set()
    changing: set[Body] = set()
    for use in backend.database_uses:
        if use.operation in {"get", "query", "passed"}:
            reading.add(use.body)
        elif use.operation in {"patch", "replace", "delete"}:
            changing.add(use.body)
    return reading, changing


def _is_blind(backend: Backend, mutation: RunCall, reading: set[Body], changing: set[Body]) -> bool:
    """Tell whether a mutation surely changes documents without looking: nothing that it reaches reads the database."""
    function = own_function(mutation)
    if function is None or function.handler is None or function.opaque:
        return False
    reached = backend.reachable(function)
    if any(handover.body in reached for handover in backend.handovers):
        return False
    return not any(body in reading for body in reached) and any(body in changing for body in reached)


def _pairs(body: Body, calls: list[RunCall]) -> Iterator[tuple[RunCall, RunCall]]:
    by_place = {
        (call.place.start, call.place.end): call
        for call in calls
        if call.operation != "runAction" and not call.loops and own_function(call) is not None
    }
    for block in blocks(body.syntax):
        query: RunCall | None = None
        known: set[str] = set()
        decided = False
        for statement in block:
            call = run_by(statement, by_place)
            if call is not None and call.operation == "runQuery":
                query, known, decided = call, names_bound(statement), False
                continue
            if query is not None:
                guarded, mutation = _mutation_in(statement, by_place, known)
                if mutation is None and call is not None:
                    guarded, mutation = decided, call
                if mutation is not None and (
                    guarded or any(names_in(part) & known for part in mutation.arguments)
                ):
                    yield query, mutation
            if call is not None or not is_pure(statement):
                query = None
            elif names_in(statement) & known:
                known |= names_bound(statement)
                decided = decided or (_ends(statement) and not _asks_for_existence(statement))


def _mutation_in(
    statement: syntax.Node, by_place: dict[tuple[int, int], RunCall], known: set[str]
) -> tuple[bool, RunCall | None]:
    """Give the mutation that a statement runs first of all under a test of what is known, and whether it does."""
    if (
        not isinstance(statement, syntax.If)
        or not is_pure(statement.test)
        or not names_in(statement.test) & known
    ):
        return False, None
    if _asks_for_existence(statement):
        return False, None
    for branch in (statement.then, statement.otherwise):
        for inner in branch:
            call = run_by(inner, by_place)
            if call is not None and call.operation == "runMutation":
                return True, call
            if not is_pure(inner):
                break
    return False, None


def _asks_for_existence(statement: syntax.Node) -> bool:
    """Tell whether a statement only tests whether there is something: `if (!task)`, `if (task === null)`."""
    return isinstance(statement, syntax.If) and _is_existence(statement.test)


def _is_existence(test: syntax.Node) -> bool:
    if isinstance(test, syntax.Name):
        return True
    if not isinstance(test, syntax.Operation):
        return False
    if test.operator in {"!", "&&", "||"}:
        return all(_is_existence(operand) for operand in test.operands)
    nothing = {"null", "undefined"}
    return test.operator in {"==", "===", "!=", "!==", "is", "is not"} and any(
        isinstance(operand, syntax.Literal) and operand.kind in nothing for operand in test.operands
    )


def _ends(statement: syntax.Node) -> bool:
    """Tell whether a statement is a test that ends the function in some case."""
    return isinstance(statement, syntax.If) and any(
        isinstance(part, syntax.Return | syntax.Throw) for part in syntax.walk(statement)
    )
