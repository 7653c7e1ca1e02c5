"""A public function without any access control.

## What it does

Finds every public function that certainly never asks who calls it: no identity is read in the handler, in a helper in
any file, in a custom builder or in a function that is run, no credential is among its arguments, and no helper with a
name like `requireUser` or `canEdit` is called. `pattern` says which names count, `kinds` which kinds of functions
must ask. It is off unless it is asked for by name.

## Why is this bad?

Anybody who has the app's address can call a public function with any arguments. Where a backend has nothing that is
meant for everybody, the policy that every function must ask is easier to hold than any judgement;
`unauthenticated-function` is the rule for all others.

## Example

```ts
export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("tasks").take(10),
});
```

## Use instead

```ts
export const list = query({
  args: {},
  handler: async (ctx) => {
    await requireUser(ctx);
    return await ctx.db.query("tasks").take(10);
  },
});
```

## Known limits

Silent where the ctx is handed to something out of sight, and in components, which no client can call.

## References

* https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions
* https://docs.convex.dev/eslint
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Predicate
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.identity import authentication, exposed
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend

__all__ = ["UnguardedFunction"]


def _case(
    name: str,
    function: str,
    ts: str,
    py: str,
    *,
    builders: tuple[str, str] = ("query", "query"),
    options: Mapping[str, object] | None = None,
) -> Case:
    """One function; the text of its name may have marks."""
    return Case(
        name,
        typescript=f"""\
import {{ {builders[0]} }} from "./_generated/server";
async function requireKey(ctx) {{ return await ctx.db.query("keys").first(); }}
export const {function} = {builders[0]}({{ args: {{}}, handler: async (ctx) => {{
  {ts}
}} }});
""",
        python=f"""\
from biconvex.sim.server import {builders[1]}

async def require_key(ctx):
    return await ctx.db.query("keys").first()

@{builders[1]}(args={{}})
async def {function}(ctx, args):
    {py}
""",
        options=options or {},
    )


_LIST = ('return await ctx.db.query("tasks").take(10);', 'return await ctx.db.query("tasks").take(10)')

SILENT = (
    _case(
        "an identity that is read",
        "list",
        f"if (await ctx.auth.getUserIdentity()) {{ {_LIST[0]} }}",
        f"if await ctx.auth.get_user_identity():\n        {_LIST[1]}",
    ),
    _case(
        "a helper of such a name",
        "list",
        f"await requireKey(ctx);\n  {_LIST[0]}",
        f"await require_key(ctx)\n    {_LIST[1]}",
    ),
    _case("an internal function", "list", *_LIST, builders=("internalQuery", "internal_query")),
    _case("a kind that needn't ask", "list", *_LIST, options={"kinds": ["mutation", "action"]}),
)

FLAGGED = (
    _case("a query", "«list»", *_LIST),
    _case("a mutation", "«clear»", "return null;", "return None", builders=("mutation", "mutation")),
    _case(
        "a helper of another name than the policy has",
        "«list»",
        f"await requireKey(ctx);\n  {_LIST[0]}",
        f"await require_key(ctx)\n    {_LIST[1]}",
        options={"pattern": "^guard"},
    ),
)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Policy:
    """`pattern`: the names of helpers that check access; `kinds`: the kinds of functions that must."""

    pattern: Annotated[str, Predicate(_compiles)] = (
        r"^(?:require|assert|check|ensure|can)(?:[A-Z_]|$)|^has[A-Z_]"
    )
    kinds: tuple[Literal["query", "mutation", "action"], ...] = ("query", "mutation", "action")


class UnguardedFunction(Rule):
    """Every public function that asks nobody, whatever the others do."""

    name = "unguarded-function"
    theme = "auth"
    severity = Severity.WARNING
    scope = "linked"
    presets = frozenset()
    links = (
        "https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions",
        "https://docs.convex.dev/eslint",
    )
    silent = SILENT
    flagged = FLAGGED
    Options = Policy
    options: Policy

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them."""
        named = re.compile(self.options.pattern)
        known = authentication(backend).of
        for function in backend.functions:
            if function.kind not in self.options.kinds or not exposed(backend, function):
                continue
            if known[function] != "not" or any(
                named.search(body.name) for body in backend.reachable(function)[1:]
            ):
                continue
            yield Problem(
                function.builder if function.place == function.registration else function.place,
                begin(f"{name_of(function)} is public, and never asks who calls it."),
                help="check who the caller is first, or make it internal if only your own code calls it",
            )
