"""Results of calls within one file whose types go round in a circle.

## What it does

Finds a result of `ctx.runQuery`, `runMutation` or `runAction` that a function gives back, where the called function is
in the same file, and neither the variable nor the handler says its type. It is off unless it is asked for by name.

## Why is this bad?

The type of the result comes from `api` or `internal`, which comes from the types of all functions of the file, also of
the one that makes the call. TypeScript often can't work that out: it reports `implicitly has type 'any'` (7022) at this
function and at others far away. Convex's guidelines therefore ask for the annotation.

## Example

```ts
export const count = action({
  args: {},
  handler: async (ctx) => {
    const tasks = await ctx.runQuery(internal.tasks.list, {});
    return tasks.length;
  },
});
```

## Use instead

```ts
export const count = action({
  args: {},
  handler: async (ctx): Promise<number> => {
    const tasks = await ctx.runQuery(internal.tasks.list, {});
    return tasks.length;
  },
});
```

## Known limits

Whether TypeScript minds depends on the rest of the project's types, which is why the rule is off. Only looks at results
that are returned, as they are or in an expression that names the variable. TypeScript only: Python infers no types.

## References

* https://docs.convex.dev/functions/actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, RunCall

__all__ = ["UnannotatedCallResult"]


def _case(name: str, body: str, returns: str = "", other: str = "tasks") -> Case:
    return Case(
        name,
        f"""\
import {{ action, internalQuery }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
export const list = internalQuery({{ args: {{}}, handler: async () => [1] }});
export const count = action({{
  args: {{}},
  handler: async (ctx){returns} => {{
    {body.replace("LIST", f"internal.{other}.list")}
  }},
}});
""",
    )


SILENT = (
    _case("a type for the result", "const all: number[] = await ctx.runQuery(LIST, {}); return all.length;"),
    _case("a type for the handler", "return await ctx.runQuery(LIST, {});", ": Promise<number[]>"),
    _case(
        "a result that is not given back",
        "const all = await ctx.runQuery(LIST, {}); console.log(all); return null;",
    ),
    _case("a type that is asserted", "return (await ctx.runQuery(LIST, {})) as number[];"),
    _case("another file", "return await ctx.runQuery(LIST, {});", other="others"),
)

FLAGGED = (
    _case(
        "given back as it is", "return await «ctx.runQuery(LIST, {})»;".replace("LIST", "internal.tasks.list")
    ),
    _case(
        "given back through a variable",
        "const all = await «ctx.runQuery(internal.tasks.list, {})»; if (!all) return 0; return all.length;",
    ),
)


class UnannotatedCallResult(Rule):
    """Every call of a function of the same file whose type decides that of the caller."""

    name = "unannotated-call-result"
    theme = "references"
    severity = Severity.INFO
    scope = "linked"
    presets = frozenset()
    languages = ("typescript",)
    links = ("https://docs.convex.dev/functions/actions",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such call."""
        for call in backend.run_calls:
            function = call.reference.function if call.reference else None
            source = call.place.source
            if (
                function is None
                or source.language == "python"
                or source.path.endswith((".js", ".jsx", ".mjs", ".cjs"))
            ):
                continue
            if function.module is call.body.module and call.body.syntax.returns is None and _decides(call):
                yield Problem(
                    call.place,
                    f"The type of what {callee(call)} gives depends on this file, and so on itself.",
                    help="annotate the handler with what it returns, or the variable",
                )


def _decides(call: RunCall) -> bool:
    """Tell whether the body gives back the result, itself or what is made of its variable."""
    returned = [
        node.value for node in _own(call.body.syntax) if isinstance(node, syntax.Return) and node.value
    ]
    if any(_contains(value, call) for value in returned):
        return True
    for node in _own(call.body.syntax):
        if isinstance(node, syntax.Declare) and node.value is not None and _is_result(node.value, call):
            if node.annotation is not None:
                return False
            names = {part.id for part in syntax.walk(node.target) if isinstance(part, syntax.Name)}
            return any(
                isinstance(part, syntax.Name) and part.id in names
                for value in returned
                for part in syntax.walk(value)
            )
    return False


def _own(function: syntax.Function) -> Iterator[syntax.Node]:
    """Walk the statements of a function, not those of functions within it."""
    stack: list[syntax.Node] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, syntax.Function):
            stack.extend(syntax.children(node))


def _is_result(value: syntax.Node, call: RunCall) -> bool:
    while isinstance(value, syntax.Await):
        value = value.value
    return (value.start, value.end) == (call.place.start, call.place.end)


def _contains(value: syntax.Node, call: RunCall) -> bool:
    """Tell whether an expression is the call, or has it as an operand or part, not in a function within it."""
    stack = [value]
    while stack:
        node = stack.pop()
        if (node.start, node.end) == (call.place.start, call.place.end):
            return True
        if not isinstance(node, syntax.Cast | syntax.Function):
            stack.extend(syntax.children(node))
    return False
