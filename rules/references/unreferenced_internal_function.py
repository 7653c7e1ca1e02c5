"""Internal functions that nothing refers to.

## What it does

Finds an internal function for which there is no reference in the whole backend, and whose name, such as `tasks:remind`,
stands in no string and no comment either.

## Why is this bad?

Only the backend can call an internal function. One that nothing refers to is run by hand, from the dashboard or with
`npx convex run`, or it is left over from a change, and is deployed, type-checked and migrated for nobody.

## Example

```ts
export const remindOld = internalMutation({ args: {}, handler: async (ctx) => { … } }); // nothing refers to it
```

## Use instead

Take it out, or say that it is run by hand:

```ts
// npx convex run tasks:remindOld
```

## Known limits

Whoever runs a function by hand isn't in sight; functions and files whose names speak of that (migrations, seeds,
backfills, repairs, debugging) are not reported, and `by_hand` has these words. Silent where a reference is computed,
such as `internal.tasks[name]`.

## References

* https://docs.convex.dev/functions/internal-functions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.lookup import mentioned
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import in_tests, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function

__all__ = ["UnreferencedInternalFunction"]


def _case(name: str, ts: str, py: str, *, marked: bool = False, function: str = "remind") -> Case:
    """An internal function, and an action whose body may refer to it."""
    written = f"«{function}»" if marked else function
    return Case(
        name,
        {
            "tasks.ts": f"""\
import {{ internalMutation }} from "./_generated/server";
export const {written} = internalMutation({{ args: {{}}, handler: async () => {{}} }});
""",
            "a.ts": f"""\
import {{ action }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
export const f = action({{ args: {{}}, handler: async (ctx, args) => {{
  {ts}
}} }});
""",
        },
        {
            "tasks.py": f"""\
from biconvex.sim.server import internal_mutation

@internal_mutation(args={{}})
async def {written}(ctx, args): ...
""",
            "a.py": f"""\
from biconvex.sim.server import action, internal

@action(args={{}})
async def f(ctx, args):
    {py}
""",
        },
    )


SILENT = (
    _case(
        "a reference",
        "await pool.enqueue(ctx, internal.tasks.remind);",
        "await pool.enqueue(ctx, internal.tasks.remind)",
    ),
    _case("its name", 'const names = ["tasks:remind"];', 'names = ["tasks:remind"]'),
    _case(
        "a comment", "// npx convex run tasks:remind\n  return 1;", "return 1  # npx convex run tasks:remind"
    ),
    _case(
        "a reference that is computed",
        "await ctx.runMutation(internal.tasks[args.name]);",
        "each(internal.tasks)",
    ),
    _case("what is run by hand", "return 1;", "return 1", function="backfillOwners"),
)

FLAGGED = (
    _case("no reference", "return 1;", "return 1", marked=True),
    _case(
        "a reference to another module's",
        "await ctx.runMutation(internal.mails.remind);",
        "await ctx.run_mutation(internal.mails.remind)",
        marked=True,
    ),
)


@dataclass(frozen=True, slots=True)
class ByHand:
    """`by_hand`: a regular expression for the paths and names of functions that people run by hand."""

    by_hand: str = (
        r"(?i)migrat|backfill|seed|init|setup|debug|admin|script|manual|repair|fix|reset|clear|purge|wipe|test|mock|demo"
        r"|oneoff|one_off|example|bench|dev(?![a-z])|ops"
    )


class UnreferencedInternalFunction(Rule):
    """Every deployed internal function for which there is no reference."""

    name = "unreferenced-internal-function"
    theme = "references"
    severity = Severity.INFO
    links = ("https://docs.convex.dev/functions/internal-functions",)
    silent = SILENT
    flagged = FLAGGED
    Options = ByHand

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield functions to which nothing in sight leads."""
        if backend.fragment:
            return
        by_hand = re.compile(self.options.by_hand)
        used = {reference.function.registration for reference in backend.references if reference.function}
        used |= {use.function.registration for use in backend.direct_uses}
        left = [
            function
            for function in backend.functions
            if function.visibility == "internal"
            and function.reference is not None
            and function.registration not in used
            and not by_hand.search(function.reference)
            and not in_tests(function.place)
            and not _is_open(backend, function)
        ]
        named = mentioned(backend.modules.values(), (function.reference or "" for function in left))
        for function in left:
            if function.reference not in named:
                yield Problem(
                    function.place,
                    f"{name_of(function)} is internal, and nothing in the backend refers to it.",
                    help="take it out, unless somebody runs it by hand",
                )


def _is_open(backend: Backend, function: Function) -> bool:
    """Tell whether the code takes functions from this part of the API in ways that are out of sight."""
    path, _, _ = (function.reference or "").partition(":")
    whole = ("internal", *path.split("/"))
    return any(whole[:length] in backend.open_references for length in range(1, len(whole) + 1))
