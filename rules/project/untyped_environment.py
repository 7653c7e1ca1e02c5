"""An environment variable that is read past the typed `env`.

## What it does

Finds `process.env` in the functions of a project whose version of Convex has `env` in `_generated/server` (1.43 and
later). It is off unless it is asked for by name.

## Why is this bad?

`process.env.STRIPE_KEY` is `string | undefined`, and a misspelt name is `undefined` for good. The variables that
`convex.config.ts` declares are checked when the app is deployed, and `env` has their types. A project that has few
variables, or shares code with other programs, may still prefer `process.env`: it is no error.

## Example

```ts
const key = process.env.STRIPE_KEY!;
```

## Use instead

```ts
// convex.config.ts: defineApp({ env: { STRIPE_KEY: v.string() } })
import { env } from "./_generated/server";
const key = env.STRIPE_KEY;
```

## Known limits

Silent where the version of Convex isn't known, about names that are computed, and about `NODE_ENV` and the variables
that Convex sets itself.

## References

* https://docs.convex.dev/production/environment-variables
* https://docs.convex.dev/eslint
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.project.environment import environment_reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["UntypedEnvironment"]

_FIRST_VERSION = (1, 43)
_SET_BY_OTHERS = frozenset({"NODE_ENV", "CONVEX_CLOUD_URL", "CONVEX_SITE_URL"})


def _case(name: str, statement: str, *, version: str = "^1.43.0") -> Case:
    """One action in a project that requires a version of Convex."""
    return Case(
        name,
        typescript={
            "../package.json": f'{{"dependencies": {{"convex": "{version}"}}}}',
            "tasks.ts": f"""\
import {{ action, env }} from "./_generated/server";
export const pay = action({{ args: {{}}, handler: async () => {{ {statement} }} }});
""",
        },
    )


SILENT = (
    _case("the typed one", "return env.STRIPE_KEY;"),
    _case("an older version", "return process.env.STRIPE_KEY;", version="^1.42.0"),
    _case("what others set", 'return process.env.NODE_ENV === "test";'),
)

FLAGGED = (
    _case("a variable", "return «process.env.STRIPE_KEY»;"),
    _case("parts of it", "const { «STRIPE_KEY», «SITE_URL: url» } = process.env;"),
)


class UntypedEnvironment(Rule):
    """Every variable of the environment that could be read from `env`."""

    name = "untyped-environment"
    theme = "project"
    severity = Severity.WARNING
    scope = "linked"
    presets = frozenset()
    languages = ("typescript",)
    links = ("https://docs.convex.dev/production/environment-variables", "https://docs.convex.dev/eslint")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each read."""
        if backend.convex_version is None or backend.convex_version < _FIRST_VERSION:
            return
        for module in backend.modules.values():
            for place, name in environment_reads(module, lambda name: name not in _SET_BY_OTHERS):
                if module.source.language == "typescript":
                    yield Problem(
                        place,
                        f"`{name}` is read from `process.env`, which has no types.",
                        help=f"declare it in `convex.config.ts`, and read `env.{name}` from `_generated/server`",
                    )
