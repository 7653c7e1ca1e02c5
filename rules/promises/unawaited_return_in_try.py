"""A promise that is returned from a `try` without being awaited there.

## What it does

Finds `return ctx.…(…)`, and `return` of the project's own async functions that are handed a ctx, in the `try` part of
a `try` with `catch` or `finally`, where the promise is not awaited first.

## Why is this bad?

The function hands the promise on and leaves the `try` before anything has failed: `catch` never sees the error, and
`finally` runs before the work is done. In Python the coroutine does not even begin in there.

## Example

```ts
try {
  return ctx.runMutation(internal.tasks.finish, { id });
} catch (error) {
  return null;
}
```

## Use instead

```ts
try {
  return await ctx.runMutation(internal.tasks.finish, { id });
} catch (error) {
  return null;
}
```

## Known limits

Silent where what is returned is more than the call, such as `Promise.all([…])` or `work(ctx).catch(…)`.

## References

* https://docs.convex.dev/understanding/best-practices/#await-all-promises
* https://typescript-eslint.io/rules/return-await/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import insert_before
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import python_handler, typescript_handler
from biconvex.rules.wording import begin, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, Promise

__all__ = ["UnawaitedReturnInTry"]


def _case(name: str, typescript: str, python: str, *, fixed: tuple[str, str] | None = None) -> Case:
    """The statements of an action."""
    there = fixed and Fixed(typescript_handler(fixed[0], "action"), python_handler(fixed[1], "action"))
    return Case(
        name, typescript_handler(typescript, "action"), python_handler(python, "action"), fixed=there or None
    )


_TRY = (
    "try {{\n  return {};\n}} catch (error) {{\n  return null;\n}}",
    "try:\n    return {}\nexcept ValueError:\n    return None",
)
_LAST = ("try {{\n  return {};\n}} finally {{\n  done();\n}}", "try:\n    return {}\nfinally:\n    done()")
_CALLS = ("ctx.runQuery(one, {})", "ctx.run_query(one, {})")


def _with(templates: tuple[str, str], before: str, after: str) -> tuple[str, str]:
    return (
        templates[0].format(f"{before}{_CALLS[0]}{after}"),
        templates[1].format(f"{before}{_CALLS[1]}{after}"),
    )


SILENT = (
    _case("awaited", *_with(_TRY, "await ", "")),
    _case("outside", f"return {_CALLS[0]};", f"return {_CALLS[1]}"),
    _case(
        "in the part that catches",
        f"try {{\n  work();\n}} catch (error) {{\n  return {_CALLS[0]};\n}}",
        f"try:\n    work()\nexcept ValueError:\n    return {_CALLS[1]}",
    ),
    _case(
        "of a function within",
        f"try {{\n  await work(() => {{ return {_CALLS[0]}; }});\n}} catch (error) {{\n  return null;\n}}",
        f"try:\n    await work(lambda: {_CALLS[1]})\nexcept ValueError:\n    return None",
    ),
)

FLAGGED = (
    _case("with a catch", *_with(_TRY, "«", "»"), fixed=_with(_TRY, "await ", "")),
    _case("with a finally", *_with(_LAST, "«", "»"), fixed=_with(_LAST, "await ", "")),
)


class UnawaitedReturnInTry(Rule):
    """Every promise that leaves a `try` that was meant to guard it."""

    name = "unawaited-return-in-try"
    theme = "promises"
    severity = Severity.INFO
    scope = "linked"
    fixable = "safe"
    links = (
        "https://docs.convex.dev/understanding/best-practices/#await-all-promises",
        "https://typescript-eslint.io/rules/return-await/",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such promise."""
        guarded: dict[Body, set[tuple[int, int]]] = {}
        for promise in backend.promises:
            if promise.fate != "returned" or not promise.in_async:
                continue
            body = promise.body
            if body not in guarded:
                guarded[body] = set(_returned_in_try(body.syntax))
            if (promise.place.start, promise.place.end) in guarded[body]:
                yield _problem(promise)


def _returned_in_try(function: syntax.Function) -> Iterator[tuple[int, int]]:
    """Give the ends of each value that is returned from within the guarded part of a `try` of the function itself."""
    stack: list[tuple[syntax.Node, bool]] = [(node, False) for node in function.body]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, syntax.Return) and node.value is not None and inside:
            yield node.value.start, node.value.end
        elif isinstance(node, syntax.Try):
            stack += [(each, True) for each in node.body]
            # what a `catch` returns is still within its `finally`
            stack += [(each, inside or bool(node.final)) for each in node.handler or []]
            stack += [(each, inside) for each in node.final]
        elif not isinstance(node, syntax.Function | syntax.Class):
            stack += [(each, inside) for each in syntax.children(node)]


def _problem(promise: Promise) -> Problem:
    python = promise.place.source.language == "python"
    missed = "`except` and `finally` don't see" if python else "`catch` and `finally` don't see"
    return Problem(
        promise.place,
        begin(
            f"{quoted(promise.callee)} is returned from this `try` without being awaited: {missed} how it ends."
        ),
        help="await it",
        fix=Fix("await it", (insert_before(promise.place, "await "),)),
    )
