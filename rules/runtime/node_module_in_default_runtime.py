"""A file that runs in Node.js, imported by one that doesn't.

## What it does

Finds imports of files with `"use node"` in what Convex's own runtime loads: in files without the directive, and in
helpers that those import, however many files away.

## Why is this bad?

What a file imports is bundled with it. The code that was meant for Node then runs in Convex's own runtime, which has
none of Node's modules: the deployment fails, or, if none is imported at once, the code fails when it gets there.

## Example

```ts
// http.ts
import { ask } from "./model"; // begins with "use node"
```

## Use instead

```ts
// http.ts
await ctx.runAction(internal.model.ask, { question });
```

## Known limits

Silent about imports of types. It is a warning only where nothing in sight imports a module of Node, and good to know
where no package is imported either. Only in TypeScript and JavaScript: functions in Python have no such directive.

## References

* https://docs.convex.dev/functions/runtimes#nodejs-runtime
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.lookup import imported_for_types
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.runtime.loading import Loading, directive_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["NodeModuleInDefaultRuntime"]

_NODE = """\
"use node";
import fs from "fs";
import { internalAction } from "./_generated/server";
export type Answer = { text: string };
export class Model { ask() { return fs.readFileSync("model"); } }
export const ask = internalAction({ args: {}, handler: async () => new Model().ask() });
"""


def _case(name: str, text: str, **others: str) -> Case:
    named = {f"{path.replace('_', '.')}.ts": other for path, other in others.items()}
    return Case(name, {"tasks.ts": text, "model.ts": _NODE, **named})


SILENT = (
    _case(
        "an import of a type", 'import type { Answer } from "./model";\nexport const none: Answer[] = [];\n'
    ),
    _case(
        "an import that is only used as a type",
        'import { Model } from "./model";\nexport function first(models: Model[]) { return models[0]; }\n',
    ),
    _case(
        "an importer that runs in Node too",
        '"use node";\nimport { Model } from "./model";\nexport const models = [new Model()];\n',
    ),
    _case(
        "a helper that only Node loads",
        "export const a = 1;\n",
        helper_node='import { Model } from "./model";\nexport const make = () => new Model();\n',
        worker='"use node";\nimport { make } from "./helper.node";\nexport const model = make();\n',
    ),
)

FLAGGED = (
    _case(
        "an import of a class",
        '«import { Model } from "./model";»\nexport const models = [new Model()];\n',
    ),
    _case("a re-export", '«export { ask } from "./model";»\n'),
    _case(
        "a helper that a deployed file loads",
        'import { make } from "./helper.node";\nexport const model = make();\n',
        helper_node='«import { Model } from "./model";»\nexport const make = () => new Model();\n',
    ),
)


class NodeModuleInDefaultRuntime(Rule):
    """Every import that brings a file meant for Node into Convex's own runtime."""

    name = "node-module-in-default-runtime"
    theme = "runtime"
    severity = Severity.ERROR
    scope = "linked"
    languages = ("typescript",)
    links = ("https://docs.convex.dev/functions/runtimes#nodejs-runtime",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such import."""
        meant = {path for path, module in backend.modules.items() if module.runtime == "node"}
        if not meant:
            return
        loading = Loading(backend)
        for module in backend.modules.values():
            for imported in module.imports:
                if module.runtime == "node" or imported.target not in meant or imported.target is None:
                    continue
                way = None if imported_for_types(module, imported) else loading.way_to(module)
                if way is None:
                    continue
                target = backend.modules[imported.target]
                needed, packages = loading.needs_node(target), loading.has_packages(target)
                evidence = [(step.place, "loads this file into Convex's own runtime") for step in way]
                evidence.append((directive_place(target), f"`{target.path}` is meant for Node"))
                if needed is not None:
                    evidence.append((needed.place, "what only Node has"))
                yield Problem(
                    imported.place,
                    f"This import brings `{target.path}`, which is meant for Node, into Convex's own runtime.",
                    help="call its actions by reference, or move what both need to a file of its own",
                    evidence=tuple(evidence),
                    severity=None if needed else Severity.WARNING if packages else Severity.INFO,
                )
