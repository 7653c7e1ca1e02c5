"""Actions that do nothing but run one query or mutation.

## What it does

Finds an action whose whole work is one `ctx.runQuery` or `ctx.runMutation` of the same backend.

## Why is this bad?

An action is for what a transaction can't do. This one does nothing of it: as a query or mutation, the same is one call
instead of two, a query keeps its client up to date, and a mutation is retried after a conflict.

## Example

```ts
export const rename = action({
  args: { id: v.id("tasks"), name: v.string() },
  handler: async (ctx, args) => await ctx.runMutation(internal.tasks.setName, args),
});
```

## Use instead

```ts
export const rename = mutation({
  args: { id: v.id("tasks"), name: v.string() },
  handler: async (ctx, args) => await ctx.db.patch("tasks", args.id, { name: args.name }),
});
```

## Known limits

Silent about actions in Node, with a builder of their own, that call anything that isn't surely pure, and in tests.

## References

* https://docs.convex.dev/understanding/best-practices/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.transactions._cases import GET, PUT, PY_GET, PY_PUT, case
from biconvex.rules.transactions._shared import calls_by_body, is_migration, is_pure_but, own_function
from biconvex.rules.wording import callee, in_tests, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["PointlessAction"]

SILENT = (
    case(
        "something outside of the database",
        f"const a = await {GET}; return await fetch(a.url);",
        f"a = await {PY_GET}; return await fetch(a)",
    ),
    case("a mutation", f"return await {PUT};", f"return await {PY_PUT}", "mutation"),
    case(
        "a helper of which nothing is known",
        f"const a = await {GET}; return summary(a);",
        f"a = await {PY_GET}; return summary(a)",
    ),
    case(
        "two calls, which is another matter", f"await {PUT}; await {PUT};", f"await {PY_PUT}; await {PY_PUT}"
    ),
)

FLAGGED = (
    case("a query", f"return await {GET};", f"return await {PY_GET}", marked=True),
    case(
        "a mutation, after a check",
        f"if (!args) throw new Error('no arguments'); const id = await {PUT}; return {{ id }};",
        f"id = await {PY_PUT}; return {{'id': id}}",
        marked=True,
    ),
)


class PointlessAction(Rule):
    """Every action that could be the query or mutation that it runs."""

    name = "pointless-action"
    theme = "transactions"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/understanding/best-practices/",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such action."""
        calls = calls_by_body(backend)
        for function in backend.functions:
            body = function.handler
            if body is None or function.kind != "action" or function.custom or in_tests(function.place):
                continue
            if function.module.runtime == "node" or is_migration(body):
                continue
            made = calls.get(body, [])
            if (
                len(made) != 1
                or made[0].operation == "runAction"
                or made[0].loops
                or own_function(made[0]) is None
            ):
                continue
            if all(
                not isinstance(node, syntax.Try) and is_pure_but(node, made[0]) for node in body.syntax.body
            ):
                yield Problem(
                    function.place,
                    f"The action {name_of(function)} does nothing but {callee(made[0])}.",
                    help="make it a query or mutation that does the work itself",
                    evidence=((made[0].place, "all that it does"),),
                )
