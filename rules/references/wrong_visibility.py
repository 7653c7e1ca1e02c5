"""References to internal functions as public ones, or the other way round.

## What it does

Finds `api.…` for a function that is internal, and `internal.…` for one that is public.

## Why is this bad?

The types of `api` only have public functions, and those of `internal` only internal ones: the type check, and with it
the deployment, fails. A client that calls such a function, past the types, gets `Could not find public function`.

## Example

```ts
export const remind = internalMutation({ args: {}, handler: async (ctx) => {} });
await ctx.runMutation(api.tasks.remind, {});
```

## Use instead

```ts
await ctx.runMutation(internal.tasks.remind, {});
```

## Known limits

Silent in tests, which may try just that.

## References

* https://docs.convex.dev/functions/internal-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.fixes import import_beside
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.references._shared import (
    declared,
    dotted,
    is_written_out,
    modules_by_file,
    registered_as,
)
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function, FunctionReference, Module

__all__ = ["WrongVisibility"]


def _case(name: str, names: str, call: str, fixed_names: str | None = None, fixed: str | None = None) -> Case:
    """A case with one call on the ctx, written alike in both languages but for the API's names."""

    def script(names: str, call: str) -> str:
        return f"""\
import {{ action, internalMutation, mutation }} from "./_generated/server";
import {{ {names} }} from "./_generated/api";
export const send = mutation({{ args: {{}}, handler: async () => {{}} }});
export const remind = internalMutation({{ args: {{}}, handler: async () => {{}} }});
export const f = action({{ args: {{}}, handler: async (ctx) => {{ await ctx.{call}; }} }});
"""

    def module(names: str, call: str) -> str:
        call = call.replace("runMutation", "run_mutation").replace("runAfter", "run_after")
        return f"""\
from biconvex.sim.server import action, internal_mutation, mutation
from biconvex.sim.server import {names}

@mutation(args={{}})
async def send(ctx, args): ...

@internal_mutation(args={{}})
async def remind(ctx, args): ...

@action(args={{}})
async def f(ctx, args):
    await ctx.{call}
"""

    after = Fixed(script(fixed_names or names, fixed), module(fixed_names or names, fixed)) if fixed else None
    return Case(name, script(names, call), module(names, call), after)


SILENT = (
    _case("each among its own", "internal", "runMutation(internal.tasks.remind, {})"),
    _case("a public one", "api", "runMutation(api.tasks.send, {})"),
    _case("a name, which says nothing of it", "api", 'scheduler.runAfter(0, "tasks:remind", {})'),
)

FLAGGED = (
    _case(
        "an internal function as if it were public",
        "api",
        "runMutation(«api.tasks.remind», {})",
        "api, internal",
        "runMutation(internal.tasks.remind, {})",
    ),
    _case(
        "a public function as if it were internal",
        "api, internal",
        "scheduler.runAfter(0, «internal.tasks.send», {})",
        None,
        "scheduler.runAfter(0, api.tasks.send, {})",
    ),
)


class WrongVisibility(Rule):
    """Every reference whose root doesn't fit its function."""

    name = "wrong-visibility"
    theme = "references"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/internal-functions",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each place at which such a reference is written."""
        modules: dict[str, Module] = {}
        for reference in backend.references:
            function = reference.function
            if function is None or not is_written_out(reference) or in_tests(reference.place):
                continue
            right = "api" if function.visibility == "public" else "internal"
            if reference.root in {"api", "internal"} and reference.root != right:
                modules = modules or modules_by_file(backend)
                yield Problem(
                    reference.place,
                    f"`{reference.name}` names {registered_as(function)}, which `{reference.root}` doesn't have.",
                    help=f"write `{dotted(function)}`",
                    evidence=declared(function),
                    fix=_fix(reference, function, right, modules),
                )


def _fix(
    reference: FunctionReference, function: Function, right: str, modules: dict[str, Module]
) -> Fix | None:
    """Put the other root in the place of this one, and import it."""
    place = reference.place
    module = modules.get(place.source.path)
    had = import_beside(module, reference.root, right) if module else None
    if had is None or not place.text.startswith(f"{reference.root}."):
        return None
    root = Edit(place.source.path, place.start, place.start + len(reference.root), had.local)
    return Fix(f"write `{dotted(function)}`", (root, *had.edits))
