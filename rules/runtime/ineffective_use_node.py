"""A directive for Node.js that has no effect.

## What it does

Finds `"use node"` where it is no directive, because something stands before it, and directives that are plainly meant
to be it (`"use nodejs"`, `"use-node"`).

## Why is this bad?

Only a string that comes before everything else in a file is a directive, and only in this spelling. Otherwise it is a
statement without effect: the file runs in Convex's own runtime, without the modules of Node.

## Example

```ts
import fs from "fs";
"use node";
```

## Use instead

```ts
"use node";
import fs from "fs";
```

## Known limits

Only in TypeScript and JavaScript: functions in Python have no such directive.

## References

* https://docs.convex.dev/functions/runtimes#nodejs-runtime
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import replace
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Fixed, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["IneffectiveUseNode"]

_ACTION = """\
import { internalAction } from "./_generated/server";
export const sign = internalAction({ args: {}, handler: async () => null });
"""

_FIXED = Fixed(f'"use node";\n{_ACTION}')

SILENT = (
    Case("the first statement, below a comment", f'/* signs */\n"use node";\n{_ACTION}'),
    Case("after another directive", f'"use strict";\n"use node";\n{_ACTION}'),
    Case("other directives", f'"use client";\n"use server";\n{_ACTION}'),
    Case("a string that is used", f'{_ACTION}export const text = "use node";\n'),
)

FLAGGED = (
    Case("below the imports", f'{_ACTION}«"use node"»;\n'),
    Case("another spelling", f'«"use nodejs"»;\n{_ACTION}', fixed=_FIXED),
    Case("a hyphen", f"«'use-node'»;\n{_ACTION}", fixed=_FIXED),
    Case("a template", f"«`use node`»;\n{_ACTION}", fixed=_FIXED),
)

_MEANT = re.compile(r"(?i)use[\s_-]*node(?:[\s._-]*js)?;?|node(?:[\s.]*js)?|nodejs runtime")


class IneffectiveUseNode(Rule):
    """Every string that is meant to be the directive, and isn't."""

    name = "ineffective-use-node"
    theme = "runtime"
    severity = Severity.ERROR
    scope = "linked"
    fixable = "safe"
    languages = ("typescript",)
    links = ("https://docs.convex.dev/functions/runtimes#nodejs-runtime",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such string at the top level of a file that does not run in Node."""
        for module in backend.modules.values():
            if module.runtime == "node" or module.source.language == "python":
                continue
            for at, statement in enumerate(module.syntax.body):
                value = statement.value if isinstance(statement, syntax.ExpressionStatement) else None
                if value is None:
                    continue
                text = _text(value)
                if text is not None and _MEANT.fullmatch(text.strip()):
                    fact = (
                        "is no directive here: something stands before it"
                        if text == "use node" and isinstance(value, syntax.Literal)
                        else 'means nothing to Convex: the directive is `"use node"`'
                    )
                    place = Place(module.source, value.start, value.end)
                    write = Fix('write `"use node"`', (replace(place, '"use node"'),))
                    yield Problem(
                        place,
                        f'`"{text}"` {fact}.',
                        help='begin the file with `"use node";`',
                        fix=write if at == 0 else None,
                    )


def _text(node: syntax.Node) -> str | None:
    if isinstance(node, syntax.Template):
        return node.text
    if isinstance(node, syntax.Literal) and node.kind == "string":
        return str(node.value)
    return None
