"""A component that is used and not installed.

## What it does

Finds references to `components.name` where `convex.config.ts` installs no component of that name.

## Why is this bad?

`components` has what `app.use` installs, and nothing else. A call of another fails when it gets there.

## Example

```ts
// convex.config.ts
const app = defineApp();
export default app;
// tasks.ts
const limiter = new RateLimiter(components.rateLimiter, { … });
```

## Use instead

```ts
// convex.config.ts
import rateLimiter from "@convex-dev/rate-limiter/convex.config";
const app = defineApp();
app.use(rateLimiter);
export default app;
```

## Known limits

The name of a component that comes from a package is not in sight: an installed one that could have the name keeps this
rule silent. Only in TypeScript and JavaScript: functions in Python have no components.

## References

* https://docs.convex.dev/components/using
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import AppDefinition, Backend, InstalledComponent

__all__ = ["UninstalledComponent"]


def _case(name: str, config: str | None, used: str) -> Case:
    """An app with these lines between `defineApp()` and its export, and a use of a component."""
    files = {
        "tasks.ts": f"""\
import {{ components }} from "./_generated/api";
import {{ Client }} from "somewhere";
export const client = new Client({used});
"""
    }
    if config is not None:
        files["convex.config.ts"] = f"""\
import {{ defineApp }} from "convex/server";
import rateLimiter from "@convex-dev/rate-limiter/convex.config";
import pool from "@convex-dev/workpool/convex.config.js";
const app = defineApp();
{config}
export default app;
"""
    return Case(name, files)


SILENT = (
    _case("an installed component", "app.use(rateLimiter);", "components.rateLimiter"),
    _case(
        "a component under another name",
        'app.use(pool, { name: "emailPool" });',
        "components.emailPool",
    ),
    _case("a component that is called here what its package is not", "app.use(pool);", "components.workpool"),
    _case("a component whose name may be any", "app.use(pool);", "components.jobs"),
    _case(
        "components that a loop installs",
        'for (const name of ["a", "b"]) app.use(pool, { name });',
        "components.a",
    ),
)

FLAGGED = (
    _case("another component", "app.use(rateLimiter);", "components.rateLimiter, «components.workflow»"),
    _case("no component at all", "", "«components.workflow»"),
    _case("no configuration", None, "«components.workflow»"),
    _case(
        "the name of the package instead of its own",
        'app.use(pool, { name: "emailPool" });',
        "«components.workpool»",
    ),
)

_SEPARATOR = re.compile(r"[^A-Za-z0-9]+")


class UninstalledComponent(Rule):
    """Every reference to a component that is certainly not installed."""

    name = "uninstalled-component"
    theme = "project"
    severity = Severity.WARNING
    languages = ("typescript",)
    links = ("https://docs.convex.dev/components/using",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first reference to each of them in each file."""
        used = backend.component_uses
        app = backend.app_definition
        if not used or backend.fragment or "convex.config" in backend.unread or (app and not app.complete):
            return
        names = {use.name for use in used}
        missing = names - _installed(app, names)
        told: set[tuple[str, str]] = set()
        for use in used:
            path = use.place.source.path
            if use.name in missing and (use.name, path) not in told:
                told.add((use.name, path))
                yield Problem(
                    use.place,
                    f"`convex.config` installs no component `{use.name}`.",
                    help="install it there with `app.use(…)`, or use the name that it is installed under",
                    evidence=((app.place, "what is installed here"),) if app else (),
                )

    def outlook(self, backend: Backend) -> object:
        """Give what is used: the names decide together which component each of them may be."""
        return [(use.name, use.place) for use in backend.component_uses]


def _installed(app: AppDefinition | None, names: set[str]) -> set[str]:
    """Give the names among these that may be those of installed components."""
    known: set[str] = set()
    unnamed = False
    for component in app.installed if app else ():
        likely = {component.name} if component.name else _likely(component) & names
        known.update(name for name in likely if name)
        unnamed = unnamed or not likely
    # one that goes by a name we can't guess may be any of them
    return names if unnamed else known


def _likely(component: InstalledComponent) -> set[str]:
    """Give the names that a component of a package, or of a folder, may have."""
    found = {component.local} if component.local else set()
    source = (component.source or "").removesuffix(".js").removesuffix("/convex.config")
    words = [word for word in _SEPARATOR.split(source.rpartition("/")[2]) if word]
    if words:
        found.add(words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:]))
    return {name for name in found if name}
