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
The fix is for what is thrown with one argument: `Error` in TypeScript; `Exception`, `ValueError` and `RuntimeError` in
Python. Code that catches it by its class, or reads its message, has to be changed, too.

## References

* https://docs.convex.dev/functions/error-handling/application-errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import import_from, place_of, replace
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.auth.identity import exposed
from biconvex.rules.project._shared import handler_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Throw
    from biconvex.lint.source import Language

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

_READABLE = ('throw new ConvexError("This name is taken");', 'raise ConvexError("This name is taken")')

FLAGGED = (
    handler_case(
        "a mutation", ("mutation", "mutation"), (f"«{_PLAIN[0]}»", f"«{_PLAIN[1]}»"), fixed=_READABLE
    ),
    handler_case("a query", ("query", "query"), (f"«{_PLAIN[0]}»", f"«{_PLAIN[1]}»"), fixed=_READABLE),
    Case(
        "a file that has no use for other values",
        typescript="""\
import { query } from "./_generated/server"; // the builder
export const work = query({ args: {}, handler: async () => { «throw new Error("Gone");» } });
""",
        python="""\
from biconvex.sim.server import query  # the builder

@query(args={})
async def work(ctx, args):
    «raise RuntimeError("Gone")»
""",
        fixed=Fixed(
            typescript="""\
import { query } from "./_generated/server"; // the builder
import { ConvexError } from "convex/values";
export const work = query({ args: {}, handler: async () => { throw new ConvexError("Gone"); } });
""",
            python="""\
from biconvex.sim.server import query  # the builder
from biconvex.sim.values import ConvexError

@query(args={})
async def work(ctx, args):
    raise ConvexError("Gone")
""",
        ),
    ),
    handler_case(
        "an error that says more",
        ("query", "query"),
        (
            '«throw new Error("Gone", { cause: args.id });»',
            '«raise ValueError("Gone", args["id"])»',
        ),
    ),
)

_SOURCES: Mapping[Language, str] = {"typescript": "convex/values", "python": "biconvex.sim.values"}
_REPLACED = frozenset({"Error", "Exception", "ValueError", "RuntimeError"})


class PlainError(Rule):
    """Every plain error that a public function can throw."""

    name = "plain-error"
    theme = "project"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/functions/error-handling/application-errors",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

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
                    fix=_fix(throw),
                )


def _fix(throw: Throw) -> Fix | None:
    """Put `ConvexError` in the place of the class, where it is called with nothing but a message."""
    call, module = throw.value, throw.body.module
    if not isinstance(call, syntax.Call) or throw.name not in _REPLACED or len(call.arguments) != 1:
        return None
    plain = isinstance(call.callee, syntax.Name) and not isinstance(call.arguments[0], syntax.Spread)
    had = import_from(module, _SOURCES, "ConvexError")
    if not plain or had is None or not (call.new or module.source.language == "python"):
        return None
    edit = replace(place_of(module.source, call.callee), had.local)
    return Fix("throw a `ConvexError`", (edit, *had.edits), safe=False)
