"""An environment variable that is named as one of the client.

## What it does

Finds environment variables in the backend whose names begin as those do that a bundler puts into client code:
`NEXT_PUBLIC_`, `VITE_`, `EXPO_PUBLIC_` and the like.

## Why is this bad?

The build of the client reads `.env.local`; the backend reads what is set on the deployment, where it has to be set
once more under the same name, and nobody thinks of that when the one is changed. And a name that says "public"
invites to a place where secrets are read.

## Example

```ts
const url = process.env.NEXT_PUBLIC_SITE_URL;
```

## Use instead

```ts
const url = process.env.SITE_URL;
```

## Known limits

It works where the variable is set on the deployment, which can't be seen.

## References

* https://docs.convex.dev/production/environment-variables
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case
from biconvex.rules.project.environment import environment_reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["ClientEnvironment"]

_PREFIXES = (
    "NEXT_PUBLIC_", "VITE_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "REACT_APP_", "GATSBY_", "PUBLIC_",
)  # fmt: skip
_ACTION = ("action", "action")

SILENT = (
    handler_case(
        "one of the backend", _ACTION, ("return process.env.SITE_URL;", 'return os.environ["SITE_URL"]')
    ),
    handler_case(
        "public in the middle",
        _ACTION,
        ("return process.env.MY_PUBLIC_KEY;", 'return os.getenv("MY_PUBLIC_KEY")'),
    ),
)

FLAGGED = (
    handler_case(
        "of Next.js",
        _ACTION,
        ("return «process.env.NEXT_PUBLIC_SITE_URL»;", 'return «os.environ["NEXT_PUBLIC_SITE_URL"]»'),
    ),
    handler_case(
        "of Vite", _ACTION, ('return «process.env["VITE_SITE_URL"]»;', 'return «os.getenv("VITE_SITE_URL")»')
    ),
)


class ClientEnvironment(Rule):
    """Every read of a variable of the client."""

    name = "client-environment"
    theme = "project"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/production/environment-variables",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each read."""
        for module in backend.modules.values():
            for place, name in environment_reads(module, lambda name: name.startswith(_PREFIXES)):
                prefix = next(each for each in _PREFIXES if name.startswith(each))
                yield Problem(
                    place,
                    f"`{name}` is named as a variable of the client, but comes from the deployment here.",
                    help=f"set and read `{name.removeprefix(prefix)}` instead",
                )
