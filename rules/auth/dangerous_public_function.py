"""A public function that wipes or fills the database, for anybody to call.

## What it does

Finds public mutations and actions named like maintenance (`seed…`, `wipe…`, `migrate…`, `backfill…`, `clearAll…`,
`deleteAll…`, or `clear`, `reset` and `delete` without arguments) that change something and never ask who calls them.

## Why is this bad?

Anybody who has the app's address can run it, on production data. `npx convex run` and the dashboard run internal
functions just as well.

## Example

```ts
export const wipeAll = mutation({ args: {}, handler: async (ctx) => { … } });
```

## Use instead

```ts
export const wipeAll = internalMutation({ args: {}, handler: async (ctx) => { … } });
```

## Known limits

Silent about functions that ask who the caller is, take a credential, or hand their ctx to something out of sight.

## References

* https://docs.convex.dev/functions/internal-functions
* https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.identity import authentication, effects, exposed
from biconvex.rules.auth.maintenance import is_maintenance
from biconvex.rules.wording import begin, callee, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["DangerousPublicFunction"]


def _case(name: str, builder: tuple[str, str], function: str, check: tuple[str, str] = ("", "")) -> Case:
    """A function that deletes what it finds."""
    return Case(
        name,
        typescript=f"""\
import {{ mutation, internalMutation, query }} from "./_generated/server";
import {{ requireAdmin }} from "./admins";
export const {function} = {builder[0]}({{ args: {{}}, handler: async (ctx) => {{
{check[0]}  for (const task of await ctx.db.query("tasks").take(100)) await ctx.db.delete("tasks", task._id);
}} }});
""",
        python=f"""\
from biconvex.sim.server import internal_mutation, mutation, query
from .admins import require_admin

@{builder[1]}(args={{}})
async def {function}(ctx, args):
{check[1]}    for task in await ctx.db.query("tasks").take(100):
        await ctx.db.delete("tasks", task["_id"])
""",
    )


_PUBLIC = ("mutation", "mutation")

SILENT = (
    _case("an internal function", ("internalMutation", "internal_mutation"), "wipeTasks"),
    _case(
        "a check",
        _PUBLIC,
        "wipeTasks",
        ("  await requireAdmin(ctx);\n", "    await require_admin(ctx)\n"),
    ),
    _case("another name", _PUBLIC, "archive"),
    _case("a name that begins with the same letters", _PUBLIC, "seedlings"),
)

FLAGGED = (
    _case("a function that wipes", _PUBLIC, "«wipeTasks»"),
    _case("a function that deletes all", _PUBLIC, "«deleteAllTasks»"),
    _case("a function that clears, without arguments", _PUBLIC, "«clear»"),
    _case("a function that seeds", _PUBLIC, "«seed»"),
)


class DangerousPublicFunction(Rule):
    """Every public function for maintenance that anybody can call."""

    name = "dangerous-public-function"
    theme = "auth"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/internal-functions",
        "https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them."""
        named = [
            function
            for function in backend.functions
            if function.kind != "query" and exposed(backend, function) and is_maintenance(function)
        ]
        if not named:
            return
        known, changes = authentication(backend).of, effects(backend)
        for function in named:
            change = changes.of(function) if known[function] == "not" else None
            if change is not None:
                builder = spelled(f"internal{function.kind.capitalize()}", function.place)
                yield Problem(
                    function.place,
                    begin(f"{name_of(function)} is public: anybody can have it call {callee(change)}."),
                    help=f"make it an `{builder}`; `npx convex run` and the dashboard run it all the same",
                    evidence=((change.place, "changes something"),),
                )
