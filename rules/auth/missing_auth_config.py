"""Identities asked for in a backend that accepts nobody's.

## What it does

Finds the first `ctx.auth.getUserIdentity()` of an app that has no `auth.config.ts`.

## Why is this bad?

`auth.config.ts` says whose tokens Convex accepts. Without it there is no identity, whatever the client sends:
`getUserIdentity()` gives null for everybody, and every check fails.

## Example

```
convex/
  tasks.ts      // const identity = await ctx.auth.getUserIdentity();
```

## Use instead

```
convex/
  auth.config.ts   // export default { providers: [{ domain: process.env.ISSUER!, applicationID: "convex" }] };
  tasks.ts
```

## Known limits

Says it once for a backend. Components have no identities of their own. Functions in Python take the identities that
a test gives them, and need no file.

## References

* https://docs.convex.dev/auth/functions-auth
* https://docs.convex.dev/auth/advanced/custom-auth
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.identity import READ
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CtxCall

__all__ = ["MissingAuthConfig"]

_CONFIG = {"auth.config.ts": 'export default { providers: [{ domain: "https://id.example.com" }] };\n'}


def _asking(call: str, **others: str) -> dict[str, str]:
    return {
        "tasks.ts": f"""\
import {{ query }} from "./_generated/server";
export const whoami = query({{ args: {{}}, handler: async (ctx) => await {call} }});
""",
        **others,
    }


SILENT = (
    Case("an app that says whom it accepts", _asking("ctx.auth.getUserIdentity()", **_CONFIG)),
    Case(
        "an app that says so in JavaScript",
        _asking("ctx.auth.getUserIdentity()", **{"auth.config.js": _CONFIG["auth.config.ts"]}),
    ),
    Case("an app that never asks", _asking('ctx.db.query("tasks").take(10)')),
    Case(
        "a component",
        _asking(
            "ctx.auth.getUserIdentity()",
            **{
                "convex.config.ts": 'import { defineComponent } from "convex/server";\n'
                'export default defineComponent("tasks");\n'
            },
        ),
    ),
)

FLAGGED = (
    Case("an app that accepts nobody", _asking("«ctx.auth.getUserIdentity()»")),
    Case(
        "two functions that ask",
        _asking(
            "«ctx.auth.getUserIdentity()»",
            **{"users.ts": _asking("ctx.auth.getUserIdentity()")["tasks.ts"]},
        ),
    ),
)


class MissingAuthConfig(Rule):
    """The first read of an identity in an app without `auth.config.ts`."""

    name = "missing-auth-config"
    theme = "auth"
    severity = Severity.WARNING
    languages = ("typescript",)
    links = (
        "https://docs.convex.dev/auth/functions-auth",
        "https://docs.convex.dev/auth/advanced/custom-auth",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield one problem at most."""
        known = {*backend.modules, *backend.unread}
        if backend.kind != "app" or backend.fragment or "auth.config" in known:
            return
        call = _first_read(backend)
        if call is not None:
            yield Problem(
                call.place,
                f"This backend has no `auth.config.ts`, so that {callee(call)} gives null for everybody.",
                help="add an `auth.config.ts` that names whose tokens to accept",
            )

    def outlook(self, backend: Backend) -> object:
        """Give the first place that reads an identity."""
        call = _first_read(backend)
        return call.place if call is not None else None


def _first_read(backend: Backend) -> CtxCall | None:
    reads = (
        call
        for call in backend.ctx_calls
        if call.api == READ and call.kinds and call.place.source.language != "python"
    )
    return next(reads, None)
