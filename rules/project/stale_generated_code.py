"""Functions that the generated API doesn't know yet.

## What it does

Compares the files that define functions with the modules in `_generated/api.d.ts`, where that is there: a file that
is missing in it was added after the code was generated.

## Why is this bad?

The types of `api` and `internal` come from the generated files. As long as they are old, `internal.tasks` is no known
member, and what is written against it is `any` or an error, for everybody who checks the project out.

## Example

```ts
// convex/tasks.ts is new, and _generated/api.d.ts has no `import type * as tasks from "../tasks.js"`
export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
```

## Use instead

```sh
npx convex codegen
```

## Known limits

Silent where the generated files are not checked in, or have static types. Functions in Python are in no generated
code.

## References

* https://docs.convex.dev/generated-api/
* https://docs.convex.dev/understanding/best-practices/other-recommendations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Module

__all__ = ["StaleGeneratedCode"]

_API = """\
{imports}declare const fullApi: ApiFromModules<{{}}>;
"""


def _case(name: str, path: str, function: str, *modules: str, static: bool = False) -> Case:
    """One file with one function, beside an API that was generated for some modules."""
    imports = "".join(f'import type * as m{at} from "../{module}.js";\n' for at, module in enumerate(modules))
    api = _API.format(imports=imports)
    return Case(
        name,
        typescript={
            path: f"""\
import {{ query }} from "{"../" * path.count("/") or "./"}_generated/server";
export const {function} = query({{ args: {{}}, handler: async () => null }});
""",
            "_generated/api.d.ts": api.replace("ApiFromModules", "Static") if static else api,
        },
    )


SILENT = (
    _case("one that it knows", "tasks.ts", "list", "tasks"),
    _case("one in a folder", "lib/tasks.ts", "list", "lib/tasks", "users"),
    _case("static types", "tasks.ts", "list", static=True),
)

FLAGGED = (
    _case("a new file", "tasks.ts", "«list»", "users"),
    _case("a file that was moved", "lib/tasks.ts", "«list»", "tasks"),
)


class StaleGeneratedCode(Rule):
    """The first function of every module that the generated API lacks."""

    name = "stale-generated-code"
    theme = "project"
    severity = Severity.INFO
    scope = "linked"
    languages = ("typescript",)
    links = (
        "https://docs.convex.dev/generated-api/",
        "https://docs.convex.dev/understanding/best-practices/other-recommendations",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield one problem for each module."""
        if backend.generated is None or backend.fragment:
            return
        seen: set[Module] = set()
        for function in backend.functions:
            module = function.module
            if function.reference is None or function.kind == "httpAction" or module in seen:
                continue
            seen.add(module)
            if module.source.language == "typescript" and module.path not in backend.generated:
                yield Problem(
                    function.place,
                    f"The generated API has no module `{module.path}`: it is older than this file.",
                    help="generate it anew, with `npx convex codegen`",
                )
