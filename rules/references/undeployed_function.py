"""Functions that are registered and never deployed.

## What it does

Finds a query, mutation or action that is not exported and never used, and one that is exported from a file which Convex
doesn't deploy: `schema.ts`, a name with more than one dot, a path with a space.

## Why is this bad?

Convex deploys what the files of the functions folder export, and leaves out some files by their names. Such a function
can't be called by anybody; `api.tasks.remind` looks right and finds nothing.

## Example

```ts
const remind = internalMutation({ args: {}, handler: async (ctx) => {} });
```

## Use instead

```ts
export const remind = internalMutation({ args: {}, handler: async (ctx) => {} });
```

## Known limits

Silent in tests, which may keep functions for themselves, and where the function's name is used in its file. In Python
every function at the top of a module is deployed, if the module is.

## References

* https://docs.convex.dev/functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import insert_before
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.wording import in_tests, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function

__all__ = ["UndeployedFunction"]

_REMIND = "const remind = internalMutation({ args: {}, handler: async () => {} });\n"
_IMPORT = 'import { internalMutation } from "./_generated/server";\n'
_PY_REMIND = """\
from biconvex.sim.server import internal_mutation

@internal_mutation(args={})
async def remind(ctx, args): ...
"""

SILENT = (
    Case("an exported function", f"{_IMPORT}export {_REMIND}", _PY_REMIND),
    Case("exported elsewhere in the file", f"{_IMPORT}{_REMIND}export {{ remind as nudge }};\n", _PY_REMIND),
    Case(
        "used in its file",
        f"{_IMPORT}{_REMIND}export const all = wrap({{ remind }});\n",
        f"{_PY_REMIND}\nall = [remind]\n",
    ),
    Case("in tests", {"tasks.test.ts": f"{_IMPORT}export {_REMIND}"}, {"test_tasks.py": _PY_REMIND}),
    Case(
        "an HTTP action, which a route names",
        """\
import { httpAction } from "./_generated/server";
const hook = httpAction(async () => new Response());
""",
        """\
from biconvex.sim.server import http_action

@http_action
async def hook(ctx, request): ...
""",
    ),
)

FLAGGED = (
    Case(
        "not exported",
        f"{_IMPORT}{_REMIND.replace('remind', '«remind»', 1)}",
        {"schema.py": _PY_REMIND.replace("def remind", "def «remind»")},
        Fixed(f"{_IMPORT}export {_REMIND}"),
    ),
    Case(
        "in a file that isn't deployed",
        {"tasks.admin.ts": f"{_IMPORT}export {_REMIND.replace('remind', '«remind»', 1)}"},
        {"my tasks.py": _PY_REMIND.replace("def remind", "def «remind»")},
    ),
    Case(
        "in the schema's file",
        {"schema.ts": f"{_IMPORT}export {_REMIND.replace('remind', '«remind»', 1)}"},
        {"schema.py": _PY_REMIND.replace("def remind", "def «remind»")},
    ),
)


class UndeployedFunction(Rule):
    """Every registered function that nobody can ever call."""

    name = "undeployed-function"
    theme = "references"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/functions",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield functions that are not exported, or whose file is not deployed."""
        for function in backend.functions:
            if function.reference is not None or function.kind == "httpAction" or function.name is None:
                continue
            if in_tests(function.place) or function.module.path.startswith("../"):
                continue
            if not function.exported:
                statement = _declaration(function)
                if statement is not None and not _is_mentioned(function):
                    yield Problem(
                        function.place,
                        f"{name_of(function)} is not exported: nobody can ever call it.",
                        help="export it, or take it out",
                        fix=_fix(function, statement),
                    )
            elif not function.module.is_entry and _is_own(backend, function):
                file = function.module.source.path.rpartition("/")[2]
                yield Problem(
                    function.place,
                    f"{name_of(function)} stands in `{file}`, a file that Convex doesn't deploy.",
                    help="move it to a file that is deployed",
                    topic=function.module.source.path,
                )


def _is_own(backend: Backend, function: Function) -> bool:
    """Tell whether a function is exported by no file that is deployed."""
    again = (other for other in backend.functions if other.registration == function.registration)
    return all(other.reference is None for other in again)


def _declaration(function: Function) -> syntax.Declare | None:
    """Find the statement that names it."""
    at = function.place.start
    for node in function.module.syntax.body:
        if (
            isinstance(node, syntax.Declare)
            and node.start <= at < node.end
            and isinstance(node.target, syntax.Name)
        ):
            return node
    return None


def _is_mentioned(function: Function) -> bool:
    """Tell whether its name stands anywhere else in its file."""
    for node in syntax.walk(function.module.syntax):
        if isinstance(node, syntax.Name) and node.id == function.name and node.start != function.place.start:
            return True
        if isinstance(node, syntax.Export) and any(local == function.name for local, _ in node.names):
            return True
    return False


def _fix(function: Function, statement: syntax.Declare) -> Fix | None:
    if function.place.source.language == "python":
        return None
    place = Place(function.place.source, statement.start, statement.end)
    return Fix("export it", (insert_before(place, "export "),), safe=False)
