"""An environment variable whose name Convex doesn't allow.

## What it does

Checks the names of the environment variables that functions read: they begin with a letter, go on with letters,
digits and underscores, and have at most 256 characters. `longest` sets another length: older backends allow 40.

## Why is this bad?

Such a variable can't be set on a deployment, and Convex's own runtime throws when the function reads it.

## Example

```ts
const key = process.env["stripe-key"];
```

## Use instead

```ts
const key = process.env.STRIPE_KEY;
```

## Known limits

Silent about names that are computed. In files with `"use node"`, where Node has variables of its own, only the
length is checked.

## References

* https://docs.convex.dev/production/environment-variables
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case
from biconvex.rules.project.environment import environment_reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["InvalidEnvironmentName"]

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_LONG = "A" * 257
_ACTION = ("action", "action")

SILENT = (
    handler_case("a name", _ACTION, ("return process.env.STRIPE_KEY;", 'return os.environ["STRIPE_KEY"]')),
    handler_case("a name that is computed", _ACTION, ("return process.env[name];", "return os.getenv(name)")),
    handler_case(
        "a member of something else", _ACTION, ('return settings.env["a-b"];', 'return settings["a-b"]')
    ),
)

FLAGGED = (
    handler_case(
        "a hyphen", _ACTION, ('return «process.env["stripe-key"]»;', 'return «os.environ["stripe-key"]»')
    ),
    handler_case(
        "an underscore in front", _ACTION, ("return «process.env._KEY»;", 'return «os.getenv("_KEY")»')
    ),
    handler_case(
        "a name that is too long",
        _ACTION,
        (f"const {{ «{_LONG}» }} = process.env;", f'return «os.environ.get("{_LONG}")»'),
    ),
)


@dataclass(frozen=True, slots=True)
class Length:
    """`longest`: how many characters a name may have."""

    longest: Annotated[int, Ge(1)] = 256


class InvalidEnvironmentName(Rule):
    """Every read of a variable that no deployment can have."""

    name = "invalid-environment-name"
    theme = "project"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/production/environment-variables",)
    silent = SILENT
    flagged = FLAGGED
    Options = Length
    options: Length

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each read."""
        for module in backend.modules.values():
            for place, name in environment_reads(module, self._is_invalid):
                # Node has variables of its own, such as `_HANDLER`
                if not _NAME.fullmatch(name) and module.runtime == "default":
                    yield Problem(
                        place,
                        f"No deployment can have an environment variable named `{name}`.",
                        help="begin with a letter, and use letters, digits and underscores",
                    )
                elif len(name) > self.options.longest:
                    yield Problem(
                        place,
                        f"The name of an environment variable has {len(name)} characters, more than Convex allows.",
                        help=f"choose a name of at most {self.options.longest} characters",
                    )

    def _is_invalid(self, name: str) -> bool:
        return len(name) > self.options.longest or not _NAME.fullmatch(name)
