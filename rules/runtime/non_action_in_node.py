"""Queries, mutations and the like in a file that runs in Node.js.

## What it does

Finds queries, mutations and HTTP actions in files with `"use node"`, and the directive in files that never run in Node:
`schema`, `http`, `crons` and `auth.config`.

## Why is this bad?

Queries and mutations are transactions; they run in Convex's own runtime, next to the database. Convex refuses to deploy
a file with `"use node"` that has one. HTTP actions run there too, whatever the directive says.

## Example

```ts
"use node";
export const summarize = internalAction({ … });
export const save = internalMutation({ … });
```

## Use instead

```ts
// summaries.ts
"use node";
export const summarize = internalAction({ … });

// summariesStore.ts
export const save = internalMutation({ … });
```

## Known limits

Only in TypeScript and JavaScript: there is no such directive for functions in Python.

## References

* https://docs.convex.dev/functions/runtimes#nodejs-runtime
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.runtime.loading import NEVER_IN_NODE, directive_place
from biconvex.rules.wording import a_kind, begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["NonActionInNode"]


def _case(name: str, directive: str, functions: str) -> Case:
    return Case(
        name,
        f"""\
{directive}import {{ action, query, internalMutation, httpAction }} from "./_generated/server";
{functions}
""",
    )


SILENT = (
    _case("actions", '"use node";\n', "export const ask = action({ args: {}, handler: async () => null });"),
    _case(
        "Convex's own runtime",
        "",
        "export const list = query({ args: {}, handler: async () => [] });",
    ),
    _case(
        "a directive that is none",
        'import "./first";\n"use node";\n',
        "export const list = query({ args: {}, handler: async () => [] });",
    ),
)

FLAGGED = (
    _case(
        "a query",
        '"use node";\n',
        "export const «list» = query({ args: {}, handler: async () => [] });",
    ),
    _case(
        "a mutation beside an action, below a comment",
        '// what the model says\n"use strict";\n"use node";\n',
        "export const ask = action({ args: {}, handler: async () => null });\n"
        "export const «save» = internalMutation({ args: {}, handler: async () => null });",
    ),
    _case("an HTTP action", '"use node";\n', "export const «hook» = httpAction(async () => new Response());"),
    Case(
        "the schema",
        {
            "schema.ts": '«"use node"»;\nimport { defineSchema } from "convex/server";\n'
            "export default defineSchema({});\n"
        },
    ),
)


class NonActionInNode(Rule):
    """Everything that can't run in Node, in a file that says it does."""

    name = "non-action-in-node"
    theme = "runtime"
    severity = Severity.ERROR
    scope = "linked"
    languages = ("typescript",)
    links = ("https://docs.convex.dev/functions/runtimes#nodejs-runtime",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each function, and each directive that may not be there."""
        for path in sorted(NEVER_IN_NODE & set(backend.modules)):
            module = backend.modules[path]
            if module.runtime == "node":
                yield Problem(
                    directive_place(module),
                    f'Convex refuses `"use node"` in `{path}`: that never runs in Node.',
                    help="remove the directive, and move what needs Node to another file",
                )
        for function in backend.functions:
            if function.module.runtime != "node" or function.kind == "action":
                continue
            web = function.kind == "httpAction"
            if not web and function.reference is None:
                continue
            kind = a_kind(function)
            fact = (
                f"{name_of(function)} is {kind}, which runs in Convex's own runtime whatever the directive says."
                if web
                else f"{name_of(function)} is {kind}, and only actions can run in Node: Convex refuses this file."
            )
            yield Problem(
                function.place,
                begin(fact),
                help='move it to a file without `"use node"`',
                evidence=((directive_place(function.module), "this file runs in Node"),),
                severity=Severity.WARNING if web else None,
            )
