"""A file that needs the schema while the schema is still being made.

## What it does

Finds files that the schema imports, itself or through others, and that use something of the schema as they are
loaded: at their top level, outside of functions.

## Why is this bad?

The schema is loaded first and loads the file, which finds the schema's exports still undefined. The deployment fails,
often with "A validator is undefined".

## Example

```ts
// schema.ts
import { taskFields } from "./tasks";
export const priority = v.union(v.literal("low"), v.literal("high"));
export default defineSchema({ tasks: defineTable(taskFields) });
// tasks.ts
import { priority } from "./schema";
export const taskFields = { priority };
```

## Use instead

```ts
// validators.ts
export const priority = v.union(v.literal("low"), v.literal("high"));
```

## Known limits

Types and what functions use when they are called are no problem.

## References

* https://docs.convex.dev/error#undefined-validator
* https://docs.convex.dev/database/schemas
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.lookup import evaluated_names, imported_for_types
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Module, ModuleImport

__all__ = ["SchemaImportCycle"]


def _case(name: str, typescript: str, python: str) -> Case:
    """A schema that takes its fields from a file; what that file has is given."""
    return Case(
        name,
        typescript={
            "schema.ts": """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { fields } from "./fields";
export const priority = v.union(v.literal("low"), v.literal("high"));
export default defineSchema({ tasks: defineTable(fields) });
""",
            "fields.ts": 'import { v } from "convex/values";\n' + typescript,
        },
        python={
            "schema.py": """\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v
from .fields import fields

priority = v.union(v.literal("low"), v.literal("high"))
schema = define_schema({"tasks": define_table(fields)})
""",
            "fields.py": "from biconvex.sim.values import v\n" + python,
        },
    )


SILENT = (
    _case(
        "fields of their own",
        "export const fields = { text: v.string() };\n",
        'fields = {"text": v.string()}\n',
    ),
    _case(
        "a use in a function",
        'import { priority } from "./schema";\n'
        "export const fields = { text: v.string() };\nexport const priorities = () => priority;\n",
        'from . import schema\nfields = {"text": v.string()}\n\ndef priorities():\n    return schema.priority\n',
    ),
    Case(
        "a file that the schema doesn't import",
        typescript={
            "schema.ts": 'import { defineSchema } from "convex/server";\nexport default defineSchema({});\n',
            "tasks.ts": 'import schema from "./schema";\nexport const tables = schema.tables;\n',
        },
        python={
            "schema.py": "from biconvex.sim.server import define_schema\n\nschema = define_schema({})\n",
            "tasks.py": "from .schema import schema\n\ntables = schema.tables\n",
        },
    ),
)

FLAGGED = (
    _case(
        "a validator of the schema",
        '«import { priority } from "./schema";»\nexport const fields = { priority };\n',
        '«from .schema import priority»\n\nfields = {"priority": priority}\n',
    ),
    _case(
        "a validator among others",
        '«import { priority } from "./schema";»\nexport const fields = { all: v.array(v.object({ priority })) };\n',
        '«from .schema import priority»\n\nfields = {"all": v.array(v.object({"priority": priority}))}\n',
    ),
)


class SchemaImportCycle(Rule):
    """Every import of the schema that is used too early."""

    name = "schema-import-cycle"
    theme = "project"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/error#undefined-validator", "https://docs.convex.dev/database/schemas")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such import."""
        schema = backend.modules.get("schema")
        if schema is None:
            return
        ways: dict[str, tuple[ModuleImport, ...]] = {"schema": ()}
        queue = deque([schema])
        while queue:
            module = queue.popleft()
            for imported in module.imports:
                target = imported.target
                if target == "schema":
                    used = _used_early(module, imported) if module is not schema else None
                    if used is not None:
                        steps = [(step.place, "the schema loads this file") for step in ways[module.path]]
                        yield Problem(
                            imported.place,
                            f"`{used.text}` is undefined while this file is loaded: the schema loads it first.",
                            help="move what both need to a file that imports neither",
                            evidence=(*steps, (used, "used as the file is loaded")),
                        )
                elif target is not None and target not in ways and not imported_for_types(module, imported):
                    ways[target] = (*ways[module.path], imported)
                    queue.append(backend.modules[target])


def _used_early(module: Module, imported: ModuleImport) -> Place | None:
    """Give the first use of an imported name while the module is loaded."""
    names = {local for _, local in imported.names}
    if imported.type_only or not names:
        return None
    uses = [node for node in evaluated_names(module) if node.id in names]
    first = min(uses, key=lambda node: node.start, default=None)
    return Place(module.source, first.start, first.end) if first is not None else None
