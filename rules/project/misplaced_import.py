"""A name imported from where it isn't.

## What it does

Finds Convex's own names imported from the wrong place: `query` from `_generated/api` or `convex/server`, `api` from
`_generated/server`, `v` from `convex/server`.

## Why is this bad?

There is no such export, so that the bundler refuses the file, or the value is undefined. The builders of an app come
from `_generated/server`, where they know its tables; references come from `_generated/api`.

## Example

```ts
import { query } from "convex/server";
import { api } from "./_generated/server";
```

## Use instead

```ts
import { query } from "./_generated/server";
import { api } from "./_generated/api";
```

## Known limits

Only names that have one home are known.

## References

* https://docs.convex.dev/generated-api/server
* https://docs.convex.dev/generated-api/api
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.lookup import imported_for_types
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["MisplacedImport"]

SILENT = (
    Case(
        "everything where it is",
        typescript="""\
import { query } from "./_generated/server";
import { api, components } from "./_generated/api";
import { defineTable, queryGeneric } from "convex/server";
import { v } from "convex/values";
export const all = [query, api, components, defineTable, queryGeneric, v];
""",
        python="""\
from biconvex.sim.server import api, define_table, query
from biconvex.sim.values import v

everything = [query, api, define_table, v]
""",
    ),
    Case(
        "names of others",
        typescript="""\
import { query, v } from "./database";
import type { Id } from "./_generated/dataModel";
export const all = [query, v] as unknown as Id<"tasks">[];
""",
        python="from .database import query, v\n\neverything = [query, v]\n",
    ),
)

FLAGGED = (
    Case(
        "a validator from the server",
        typescript='«import { v } from "convex/server";»\nexport const args = { text: v.string() };\n',
        python='«from biconvex.sim.server import v»\n\nargs = {"text": v.string()}\n',
    ),
    Case(
        "a builder from the wrong file",
        typescript='«import { query } from "./_generated/api";»\nexport const f = query({ args: {} });\n',
        python="«from biconvex.sim.values import query»\n\nf = query(args={})\n",
    ),
    Case(
        "references from the server",
        typescript="""\
«import { internalMutation, api } from "./_generated/server";»
export const f = internalMutation({ args: {}, handler: async () => api });
""",
        python="""\
«from biconvex.sim.values import api»
from biconvex.sim.server import internal_mutation

@internal_mutation(args={})
async def f(ctx, args):
    return api
""",
    ),
)

_BUILDERS = frozenset(
    {"query", "mutation", "action", "internalQuery", "internalMutation", "internalAction", "httpAction"}
)
_REFERENCES = frozenset({"api", "internal", "components"})
_DEFINITIONS = frozenset({"defineSchema", "defineTable", "cronJobs", "httpRouter"})
_VALUES = frozenset({"v", "ConvexError"})

_HOMES = {
    "_generated/server": _BUILDERS,
    "_generated/api": _REFERENCES,
    "_generated/dataModel": frozenset[str](),
    "convex/server": _DEFINITIONS,
    "convex/values": _VALUES,
}
_PYTHON_HOMES = {
    "biconvex.sim.server": _BUILDERS | _REFERENCES | _DEFINITIONS,
    "biconvex.sim.values": _VALUES,
}


class MisplacedImport(Rule):
    """Every import of a name that its source certainly doesn't have."""

    name = "misplaced-import"
    theme = "project"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/generated-api/server", "https://docs.convex.dev/generated-api/api")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield one problem for each import at most."""
        for module in backend.modules.values():
            python = module.source.language == "python"
            homes = _PYTHON_HOMES if python else _HOMES
            for imported in module.imports:
                source = imported.source if python else _plain(imported.source)
                if source not in homes or imported.target is not None or imported.type_only:
                    continue
                for name, _ in imported.names:
                    home = next((home for home, names in homes.items() if name in names), None)
                    if home in {None, source} or imported_for_types(module, imported):
                        continue
                    yield Problem(
                        imported.place,
                        f"`{imported.source}` has no `{name}`.",
                        help=f"import `{name}` from `{home}`",
                    )
                    break


def _plain(source: str) -> str:
    """Give the source of an import without the way to generated code."""
    plain = source.removesuffix(".js")
    before, generated, file = plain.rpartition("_generated/")
    return f"{generated}{file}" if generated and (before.startswith((".", "@", "~")) or not before) else plain
