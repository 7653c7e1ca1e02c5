"""Queries and mutations that run others of the same backend.

## What it does

Finds `ctx.runQuery` and `ctx.runMutation` in a query or mutation, with a function of the same backend.

## Why is this bad?

All of it is one transaction, with or without the call. The call only adds the cost of validating and encoding arguments
and results, and an isolated context for the called function. A plain helper that takes the ctx does the same, faster.

## Example

```ts
const user = await ctx.runQuery(internal.users.current, {});
```

## Use instead

```ts
const user = await getCurrentUser(ctx);
```

## Known limits

Silent about functions of components, which can't be called in another way; about calls in a `try` or with a `catch`,
which may be there to roll back a part of the work; and in tests.

## References

* https://docs.convex.dev/understanding/best-practices/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.references._shared import declared
from biconvex.rules.transactions._cases import GET, PUT, PY_GET, PY_PUT, case
from biconvex.rules.transactions._shared import around, own_function
from biconvex.rules.wording import callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, RunCall

__all__ = ["RunInTransaction"]

_TRANSACTIONS = frozenset(("query", "mutation"))

SILENT = (
    case("in an action", f"return await {GET};", f"return await {PY_GET}"),
    case(
        "a component's function",
        "await ctx.runMutation(components.pool.lib.add, {});",
        "await ctx.run_mutation(components.pool.lib.add, {})",
        "mutation",
    ),
    case(
        "a part that may be rolled back",
        f"try {{ await {PUT}; }} catch (error) {{ return null; }}",
        f"try: await {PY_PUT}\n    except Exception: return None",
        "mutation",
    ),
)

FLAGGED = (
    case("a query", f"return await «{GET}»;", f"return await «{PY_GET}»", "query"),
    case("a mutation", f"await «{PUT}»;", f"await «{PY_PUT}»", "internalMutation"),
)


class RunInTransaction(Rule):
    """Every call within a transaction that a helper could be."""

    name = "run-in-transaction"
    theme = "transactions"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/understanding/best-practices/",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such call."""
        for call in backend.run_calls:
            function = own_function(call)
            if function is None or not call.body.kinds or not call.body.kinds <= _TRANSACTIONS:
                continue
            if function.kind in _TRANSACTIONS and not in_tests(call.place) and not _is_caught(call):
                yield Problem(
                    call.place,
                    f"{callee(call)} stays in the same transaction: a plain function would do the same, faster.",
                    help="call a helper that takes the ctx",
                    evidence=declared(function),
                )


def _is_caught(call: RunCall) -> bool:
    """Tell whether something takes the failure of the call."""
    for node in around(call.body.syntax, call.place):
        if isinstance(node, syntax.Try) and node.handler is not None:
            return True
        called = node.callee if isinstance(node, syntax.Call) else None
        if isinstance(called, syntax.Member) and called.name in {"catch", "then", "allSettled"}:
            return True
    return False
