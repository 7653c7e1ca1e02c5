"""Modules of Node.js where there is no Node.

## What it does

Finds imports of Node's own modules (`fs`, `crypto`, `node:path`, …) in what Convex's own runtime loads: in deployed
files without `"use node"`, and in helpers that those import. It also finds files in the folder `actions` without the
directive.

## Why is this bad?

Convex's own runtime has what browsers have, and no module of Node: the deployment fails. In the folder `actions`,
Convex wants the directive in every file.

## Example

```ts
import { createHmac } from "crypto";
export const sign = internalAction({ … });
```

## Use instead

```ts
"use node";
import { createHmac } from "crypto";
export const sign = internalAction({ … });
```

## Known limits

`async_hooks` is there in both runtimes. Silent about modules for which there are packages of the same name (`buffer`,
`events`, `path`, …), unless `node:` stands before it, and about what packages import themselves. Only in TypeScript and
JavaScript: functions in Python have no such directive.

## References

* https://docs.convex.dev/functions/runtimes#nodejs-runtime
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.lookup import imported_for_types
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.runtime.loading import NEVER_IN_NODE, Loading, node_builtin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Module

__all__ = ["MissingUseNode"]

_SERVER = 'import { internalAction } from "./_generated/server";\n'
_REGISTERED = "export const sign = internalAction({ args: {}, handler: async () => null });\n"


def _case(name: str, imports: str, use: str, *, fixed: bool = False, **others: str) -> Case:
    """A file with an action, below these imports, and perhaps others (`home_lib` is `home.lib.ts`)."""
    named = {f"{path.replace('_', '.')}.ts": text for path, text in others.items()}
    text = f"{imports}\n{_SERVER}{use}\n{_REGISTERED}"
    after = '"use node";\n' + text.replace("«", "").replace("»", "")
    return Case(name, {"tasks.ts": text, **named}, fixed=Fixed({"tasks.ts": after}) if fixed else None)


SILENT = (
    _case("the directive", '"use node";\nimport fs from "fs";', 'export const size = fs.statSync("x").size;'),
    _case(
        "what both runtimes have",
        'import { AsyncLocalStorage } from "node:async_hooks";',
        "export const local = new AsyncLocalStorage();",
    ),
    _case("a type", 'import type { Stats } from "fs";', "export const none: Stats[] = [];"),
    _case("a package of that name", 'import { Buffer } from "buffer";', 'export const b = Buffer.from("b");'),
    _case("a test", "", "", tasks_test='import fs from "fs";\nexport const text = fs.readFileSync("x");\n'),
)

FLAGGED = (
    _case(
        "an action",
        '// signs\n«import { createHmac } from "crypto";»',
        'export const h = createHmac("sha256", "k");',
        fixed=True,
    ),
    _case(
        "an action in a file that a query needs",
        '«import { createHmac } from "crypto";»',
        'export const h = createHmac("sha256", "k");',
        queries='import { h } from "./tasks";\nimport { query } from "./_generated/server";\n'
        "export const get = query({ args: {}, handler: async () => h });\n",
    ),
    _case(
        "a helper that a deployed file loads",
        'import { home } from "./home.lib";',
        "export const at = home();",
        home_lib='«import { join } from "node:path";»\nexport const home = () => join("a", "b");\n',
    ),
    Case(
        "the folder of actions",
        {"actions/sign.ts": f"«{_SERVER.replace('./', '../').strip()}»\n{_REGISTERED}"},
        fixed=Fixed({"actions/sign.ts": f'"use node";\n{_SERVER.replace("./", "../")}{_REGISTERED}'}),
    ),
)


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class MissingUseNode(Rule):
    """Every import of a module of Node that Convex's own runtime would load."""

    name = "missing-use-node"
    theme = "runtime"
    severity = Severity.ERROR
    scope = "linked"
    languages = ("typescript",)
    links = ("https://docs.convex.dev/functions/runtimes#nodejs-runtime",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such import, and each file of `actions` without the directive."""
        loading: Loading | None = None
        for module in backend.modules.values():
            if module.runtime == "node" or module.source.language == "python":
                continue
            if module.is_entry and module.path.startswith("actions/"):
                loading = loading or Loading(backend)
                yield _in_actions(module, _fix(backend, module, loading))
                continue
            for imported in module.imports:
                if imported.target is not None or imported.type_only or not node_builtin(imported.source):
                    continue
                if imported_for_types(module, imported):
                    continue
                loading = loading or Loading(backend)
                way = loading.way_to(module)
                if way is not None:
                    yield Problem(
                        imported.place,
                        f"`{imported.source}` is a module of Node, which Convex's own runtime doesn't have.",
                        help=_help(backend, module),
                        evidence=tuple(
                            (step.place, "loads this file into Convex's own runtime") for step in way
                        ),
                        fix=_fix(backend, module, loading),
                    )


def _in_actions(module: Module, fix: Fix | None) -> Problem:
    first = next(iter(module.syntax.body), module.syntax)
    return Problem(
        Place(module.source, first.start, first.end),
        'Convex refuses files in the folder `actions` without `"use node"`.',
        help='begin the file with `"use node";`, or move it to another folder',
        fix=fix,
    )


def _fix(backend: Backend, module: Module, loading: Loading) -> Fix | None:
    """Begin a file of nothing but actions with the directive, unless another one needs it where there is no Node."""
    kinds = {function.kind for function in backend.functions if function.module is module}
    data = module.source.data
    if kinds != {"action"} or not module.is_entry or module.path in NEVER_IN_NODE or data.startswith(b"#!"):
        return None
    if loading.is_loaded_elsewhere(module):
        return None
    start = len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0
    return Fix(
        'begin the file with `"use node";`', (Edit(module.source.path, start, start, '"use node";\n'),)
    )


def _help(backend: Backend, module: Module) -> str:
    others = [f for f in backend.functions if f.module is module and f.kind != "action"]
    if not module.is_entry or others or module.path in NEVER_IN_NODE:
        return 'move what needs it to a file of actions that begins with `"use node";`'
    return 'begin this file with `"use node";`, if all that it registers are actions'
