"""A function made with a builder that knows no tables.

## What it does

Finds functions of an app that are made with `queryGeneric`, `mutationGeneric` and their kind from `convex/server`.

## Why is this bad?

The generic builders are for libraries. They know nothing of the app's schema: documents are `any`, and no table,
field or index is checked. Those in `_generated/server` do the same and know it all.

## Example

```ts
import { queryGeneric } from "convex/server";
export const list = queryGeneric({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
```

## Use instead

```ts
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
```

## Known limits

Silent in components and where nothing of `_generated/server` is imported: code may have to do without. Only in
TypeScript and JavaScript: in Python there is one builder for each kind.

## References

* https://docs.convex.dev/generated-api/server
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["GenericBuilder"]

_GENERIC = """\
import { queryGeneric } from "convex/server";
export const list = queryGeneric({ args: {}, handler: async () => [] });
"""
_USUAL = """\
import { query } from "./_generated/server";
export const all = query({ args: {}, handler: async () => [] });
"""

SILENT = (
    Case("the builders of the app", _USUAL),
    Case("an app without generated code", _GENERIC),
    Case(
        "a component",
        {
            "tasks.ts": _USUAL,
            "lib.ts": _GENERIC,
            "convex.config.ts": 'import { defineComponent } from "convex/server";\n'
            'export default defineComponent("tasks");\n',
        },
    ),
)

FLAGGED = (
    Case(
        "a generic query",
        {"tasks.ts": _USUAL, "old.ts": _GENERIC.replace("= queryGeneric", "= «queryGeneric»")},
    ),
    Case(
        "a generic mutation under another name",
        {
            "tasks.ts": _USUAL,
            "old.ts": """\
import { internalMutationGeneric as job } from "convex/server";
export const clean = «job»({ args: {}, handler: async () => null });
""",
        },
    ),
)


class GenericBuilder(Rule):
    """Every function of an app that is made with a generic builder."""

    name = "generic-builder"
    theme = "project"
    severity = Severity.WARNING
    languages = ("typescript",)
    links = ("https://docs.convex.dev/generated-api/server",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them."""
        if backend.kind == "app" and _is_generated(backend):
            yield from self._problems(backend)

    def outlook(self, backend: Backend) -> object:
        """Give such functions, and whether any code is generated."""
        return _is_generated(backend), list(self._problems(backend))

    def _problems(self, backend: Backend) -> Iterator[Problem]:
        for function in backend.functions:
            names = {
                local: name
                for imported in function.module.imports
                if imported.source == "convex/server"
                for name, local in imported.names
                if name.endswith("Generic")
            }
            generic = names.get(function.builder.text)
            if generic is not None and function.reference is not None and not function.custom:
                yield Problem(
                    function.builder,
                    begin(
                        f"{name_of(function)} is made with `{generic}`, which knows none of this app's tables."
                    ),
                    help=f"import `{generic.removesuffix('Generic')}` from `_generated/server`",
                )


def _is_generated(backend: Backend) -> bool:
    imports = (imported for module in backend.modules.values() for imported in module.imports)
    return any("_generated/server" in imported.source for imported in imports)
