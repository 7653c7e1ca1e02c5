"""Something thrown that is no error.

## What it does

Finds `throw` with a string, an object or the like.

## Why is this bad?

What is no error has no stack, so that the logs don't say where it came from, and clients see nothing of it. Python
refuses to raise it at all.

## Example

```ts
if (!task) throw "There is no such task";
```

## Use instead

```ts
if (!task) throw new ConvexError("There is no such task");
```

## Known limits

Silent about variables and what functions return.

## References

* https://docs.convex.dev/functions/error-handling/application-errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["ThrownNonError"]

_MUTATION = ("mutation", "mutation")

SILENT = (
    handler_case("an error", _MUTATION, ('throw new Error("gone");', 'raise ValueError("gone")')),
    handler_case("a variable", _MUTATION, ("throw args.id;", "raise args")),
)

FLAGGED = (
    handler_case("a string", _MUTATION, ('«throw "gone";»', '«raise "gone"»')),
    handler_case("an object", _MUTATION, ('«throw { code: "gone" };»', '«raise {"code": "gone"}»')),
    handler_case(
        "a text with parts", _MUTATION, ("«throw `gone: ${args.id}`;»", "«raise f\"gone: {args['id']}\"»")
    ),
)


class ThrownNonError(Rule):
    """Every throw of what is certainly no error."""

    name = "thrown-non-error"
    theme = "project"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/functions/error-handling/application-errors",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them."""
        for throw in backend.throws:
            if throw.thrown == "value":
                yield Problem(
                    throw.place,
                    "What is thrown here is no error: it has no stack, and clients see nothing of it.",
                    help="throw a `ConvexError` with it",
                )
