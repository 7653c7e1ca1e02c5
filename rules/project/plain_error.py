"""An expected failure thrown as an error that clients can't read.

## What it does

Finds `throw new Error("…")` in what public functions reach.

## Why is this bad?

In production, clients get "Server Error" and nothing else of an error: its message stays on the server. The data of a
`ConvexError` reaches them. What a user should be told ("this name is taken") belongs in one.

## Example

```ts
if (taken) throw new Error("This name is taken");
```

## Use instead

```ts
if (taken) throw new ConvexError("This name is taken");
```

## Known limits

It can't tell what a user should be told from what must never happen, for which an `Error` is right. Only good to know.

## References

* https://docs.convex.dev/functions/error-handling/application-errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.auth.identity import exposed
from biconvex.rules.project._shared import handler_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["PlainError"]

_PLAIN = ('throw new Error("This name is taken");', 'raise ValueError("This name is taken")')

SILENT = (
    handler_case("an internal function", ("internalMutation", "internal_mutation"), _PLAIN),
    handler_case(
        "an error that clients can read",
        ("mutation", "mutation"),
        ('throw new ConvexError("This name is taken");', 'raise ConvexError("This name is taken")'),
    ),
    handler_case(
        "an error that is thrown again",
        ("mutation", "mutation"),
        (
            "try { await fetch(args.id); } catch (error) { throw error; }",
            'try:\n        await fetch(args["id"])\n    except KeyError as error:\n        raise error',
        ),
    ),
)

FLAGGED = (
    handler_case("a mutation", ("mutation", "mutation"), (f"«{_PLAIN[0]}»", f"«{_PLAIN[1]}»")),
    handler_case("a query", ("query", "query"), (f"«{_PLAIN[0]}»", f"«{_PLAIN[1]}»")),
)


class PlainError(Rule):
    """Every plain error that a public function can throw."""

    name = "plain-error"
    theme = "project"
    severity = Severity.INFO
    links = ("https://docs.convex.dev/functions/error-handling/application-errors",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them."""
        thrown = [throw for throw in backend.throws if throw.thrown == "error"]
        if not thrown:
            return
        public = [function for function in backend.functions if exposed(backend, function)]
        reached = {body for function in public for body in backend.reachable(function)}
        for throw in thrown:
            if throw.body in reached:
                yield Problem(
                    throw.place,
                    f"In production, clients see nothing of a `{throw.name}`.",
                    help="throw a `ConvexError` if this is something that a user should be told",
                )
