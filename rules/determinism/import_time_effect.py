"""A module that does something as it is loaded.

## What it does

Finds `fetch`, timers, web sockets and the operations of `crypto.subtle` that need true randomness at the top level of
a module of Convex's own runtime, outside of any function. In Python: requests with `requests`, `httpx` and `urllib`,
`time.sleep`.

## Why is this bad?

Convex loads every module to see which functions it has: it refuses the deployment when one tries to reach the outside
world. In Python the request is made whenever something imports the module, tests included.

## Example

```ts
const config = await fetch("https://example.com/config.json").then((answer) => answer.json());
```

## Use instead

```ts
export const load = action({
  args: {},
  handler: async (ctx) => {
    const config = await fetch("https://example.com/config.json").then((answer) => answer.json());
  },
});
```

## Known limits

Silent about modules with `"use node"`, about what stands in a branch, and about functions that the top level calls.

## References

* https://docs.convex.dev/functions/runtimes
* https://docs.convex.dev/functions/actions
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Module

__all__ = ["ImportTimeEffect"]

SILENT = (
    Case(
        "in functions, in branches, and functions of one's own",
        """\
import { action } from "./_generated/server";
const load = () => fetch("https://example.com");
const started = Date.now();
if (process.env.WARM) {
  await fetch("https://example.com");
}
export const run = action({ args: {}, handler: async () => await fetch("https://example.com") });
""",
        """\
import os
import requests
from biconvex.sim.server import action

def load():
    return requests.get("https://example.com")

if os.environ.get("WARM"):
    requests.get("https://example.com")

@action(args={})
async def run(ctx, args):
    return requests.get("https://example.com").text
""",
    ),
    Case(
        "another fetch, and a file that is not loaded as a module of functions",
        {
            "a.ts": 'import { fetch } from "./lib";\nexport const answer = fetch("a");\n',
            "b.ts": '"use node";\nexport const timer = setInterval(() => {}, 1000);\n',
            "lib.ts": "export const fetch = (name: string) => name;\n",
        },
        {
            "a.py": 'from .lib import sleep\nanswer = sleep("a")\n',
            "lib.py": "def sleep(name):\n    return name\n",
        },
    ),
)

FLAGGED = (
    Case(
        "a request and a timer",
        """\
export const config = await «fetch("https://example.com/config.json")».then((answer) => answer.json());
«setInterval(() => {}, 1000)»;
""",
        """\
import time
import requests

config = «requests.get("https://example.com/config.json")».json()
«time.sleep(1)»
""",
    ),
    Case(
        "a key, and a request whose answer is a default",
        """\
const key = «crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"])»;
export default «fetch("https://example.com")»;
""",
        """\
from urllib.request import urlopen

page = «urlopen("https://example.com")».read()
""",
    ),
)

GLOBALS = frozenset({
    "fetch", "setTimeout", "setInterval", "XMLHttpRequest", "WebSocket", "crypto.subtle.generateKey",
})  # fmt: skip
PYTHON = frozenset({
    "requests.get", "requests.post", "requests.put", "requests.request", "httpx.get", "httpx.post", "httpx.request",
    "urllib.request.urlopen", "time.sleep",
})  # fmt: skip

_WORDS = {
    "typescript": (b"fetch", b"setTimeout", b"setInterval", b"XMLHttpRequest", b"WebSocket", b"generateKey"),
    "python": (b"requests", b"httpx", b"urlopen", b"urllib", b"sleep"),
}
"""What a statement mentions that may do so: without any of it, it needn't be looked through."""


class ImportTimeEffect(Rule):
    """Every call at the top level of a module that reaches the outside world."""

    name = "import-time-effect"
    theme = "determinism"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/runtimes",
        "https://docs.convex.dev/functions/actions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such call of the modules that are surely loaded."""
        for module in (*backend.modules.values(), *backend.twins):
            if module.is_entry and module.runtime == "default":
                yield from _effects(module)


def _effects(module: Module) -> Iterator[Problem]:
    data = module.source.data
    words = [word for word in _WORDS[module.source.language] if word in data]
    if not words:
        return
    mentioned = [match.start() for match in re.finditer(b"|".join(words), data)]
    python = module.source.language == "python"
    wanted = PYTHON if python else GLOBALS
    imported = _imported(module)
    own = set(imported) if not python else set()
    own.update(name for name in module.exports if name not in imported)
    for call in _top_level_calls(module, mentioned):
        name = _dotted(call.callee)
        root, _, rest = name.partition(".")
        if python:
            name = ".".join(part for part in (imported.get(root, ""), rest) if part)
        if name not in wanted or root in own or in_tests(place := Place(module.source, call.start, call.end)):
            continue
        written = _dotted(call.callee)
        yield Problem(
            place,
            f"`{written}(…)` runs whenever this module is loaded"
            + ("." if python else ", and Convex refuses to deploy it."),
            help="move it into an action",
        )


def _imported(module: Module) -> dict[str, str]:
    """Give what each imported name means, in dots: `urlopen` is `urllib.request.urlopen`."""
    found: dict[str, str] = {}
    for one in module.imports:
        source = one.source.replace("/", ".")
        for imported, local in one.names:
            found[local] = source if imported == "*" else f"{source}.{imported}"
    return found


def _top_level_calls(module: Module, mentioned: list[int]) -> Iterator[syntax.Call]:
    """Give the calls that surely run as a module is loaded, in statements around one of the places mentioned."""
    stack: list[syntax.Node] = []
    for statement in reversed(module.syntax.body):
        if bisect_left(mentioned, statement.start) == bisect_left(mentioned, statement.end):
            continue
        node = statement.declaration if isinstance(statement, syntax.Export) else statement
        if isinstance(node, syntax.Declare | syntax.ExpressionStatement | syntax.Assign) or (
            isinstance(statement, syntax.Export) and statement.default and node is not None
        ):
            stack.append(node)
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Call):
            yield node
        if not isinstance(node, syntax.Function | syntax.Class | syntax.Conditional) and not (
            isinstance(node, syntax.Operation) and node.operator in {"&&", "||", "??"}
        ):
            stack.extend(syntax.children(node))


def _dotted(node: syntax.Node) -> str:
    """Give a path of names: `crypto.subtle.generateKey`; empty for anything else."""
    path: list[str] = []
    while isinstance(node, syntax.Member):
        path.append(node.name)
        node = node.object
    return ".".join([node.id, *reversed(path)]) if isinstance(node, syntax.Name) else ""
