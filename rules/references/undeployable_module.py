"""Files whose names Convex can't deploy.

## What it does

Finds a file with functions whose path has a character that Convex doesn't allow, such as a hyphen; two files that
differ in their suffix alone; and `https.ts`, in the place of `http.ts`.

## Why is this bad?

A file's path is the name of a module, in which only letters, digits, underscores and periods may stand: with any other
character the deployment fails. Two files of one name are one module twice. And routes are only looked for in `http.ts`.

## Example

    convex/send-mail.ts

## Use instead

    convex/sendMail.ts

## Known limits

Silent about files from which nothing is deployed, such as tests and `my.helpers.ts`.

## References

* https://docs.convex.dev/functions
* https://docs.convex.dev/functions/http-actions
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Module

__all__ = ["UndeployableModule"]

_FILE = """\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async () => [] });
"""
_MARKED = _FILE.replace(_FILE.partition("\n")[0], "«" + _FILE.partition("\n")[0] + "»")
_PY_FILE = """\
from biconvex.sim.server import query

@query(args={})
async def list(ctx, args): ...
"""
_PY_MARKED = _PY_FILE.replace(_PY_FILE.partition("\n")[0], "«" + _PY_FILE.partition("\n")[0] + "»")
_ROUTER = 'import { httpRouter } from "convex/server";\nconst http = httpRouter();\nexport default http;\n'
_PY_ROUTER = "from biconvex.sim.server import http_router\nhttp = http_router()\n"

SILENT = (
    Case("names that Convex allows", {"a_1/B2.ts": _FILE}, {"a_1/B2.py": _PY_FILE}),
    Case("a file that is not deployed", {"send-mail.test.ts": _FILE}, {"send-mail.test.py": _PY_FILE}),
    Case(
        "a file and a folder of one name",
        {"a.ts": _FILE, "a/b.ts": _FILE},
        {"a.py": _PY_FILE, "a/b.py": _PY_FILE},
    ),
    Case("a module for the router", {"http.ts": _ROUTER}, {"http.py": _PY_ROUTER}),
)

FLAGGED = (
    Case("a hyphen in a file's name", {"send-mail.ts": _MARKED}, {"send-mail.py": _PY_MARKED}),
    Case("a hyphen in a folder's name", {"my-mail/send.ts": _MARKED}, {"my-mail/send.py": _PY_MARKED}),
    Case(
        "two files of one name, or one with a sign",
        {"tasks.js": _FILE, "tasks.ts": _MARKED},
        {"tasks+more.py": _PY_MARKED},
    ),
    Case(
        "https",
        {"https.ts": _ROUTER.replace("const http = httpRouter();", "const http = «httpRouter()»;")},
        {"https.py": _PY_ROUTER.replace("http_router()", "«http_router()»")},
    ),
)

_ALLOWED = re.compile(r"[A-Za-z0-9_.]+")
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]")
_LONGEST = 64


class UndeployableModule(Rule):
    """Every file with a name that Convex refuses, or that means something else."""

    name = "undeployable-module"
    theme = "references"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions", "https://docs.convex.dev/functions/http-actions")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield illegal names, then names that are taken, then `https`."""
        for module in backend.modules.values():
            bad = next((part for part in module.path.split("/") if not _is_legal(part)), None)
            if module.is_entry and bad is not None:
                yield Problem(
                    _top(module),
                    f"`{bad}` is no name for a module: Convex allows letters, digits, underscores and periods.",
                    help="rename it",
                )
        for twin in backend.twins:
            first = backend.modules[twin.path]
            if twin.is_entry and first.is_entry and twin.source.language == first.source.language:
                yield Problem(
                    _top(twin),
                    f"This file is the module `{twin.path}`, which another file is as well.",
                    help="rename one of them",
                    evidence=((_top(first), "the other file"),),
                )
        for router in backend.routers:
            if router.module.path == "https":
                yield Problem(
                    router.place,
                    "Convex looks for routes in the module `http`, not in `https`.",
                    help="rename this file",
                    severity=Severity.WARNING,
                )


def _is_legal(part: str) -> bool:
    return bool(_ALLOWED.fullmatch(part) and _ALPHANUMERIC.search(part)) and len(part) <= _LONGEST


def _top(module: Module) -> Place:
    """Give the first statement of a file."""
    first = module.syntax.body[0] if module.syntax.body else module.syntax
    return Place(module.source, first.start, first.end)
