"""A function with or without a return validator, against the project's policy.

## What it does

Holds the `returns` of queries, mutations and actions to a policy: `public` is for public functions, `internal` for
internal ones. `require` wants every one to declare it, `forbid` none, and `off` leaves it to whoever writes the
function. `kinds` says which kinds of functions it is about. As it comes, public functions need a return validator.

It is in the preset `strict`, and in `recommended` and `starter` only if it is asked for by name.

## Why is this bad?

The authorities disagree. A return validator keeps a field that nobody meant to show from leaving the backend, and
tells the clients of other languages what they get. It also has to be changed with every change of what the function
gives, and fails at run time when that is forgotten: some guides forbid it while an app is young, or for internal
functions, where TypeScript infers as much. Either way a team is better off with one policy.

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
  returns: v.array(schema.doc("tasks")),
  handler: async (ctx) => await ctx.db.query("tasks").take(10),
});
```

## Known limits

Silent where the validator may be out of sight: a spread in the definition, or a definition held elsewhere. Functions
that are not deployed are left out.

## References

* https://docs.convex.dev/functions/validation
* https://docs.convex.dev/ai
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Function

__all__ = ["ReturnValidatorPolicy"]

Policy = Literal["require", "off", "forbid"]


def _case(
    name: str,
    ts: str,
    py: str,
    *,
    returns: str | None = None,
    public: bool = True,
    options: Mapping[str, object] | None = None,
) -> Case:
    """One query named `list`, whose name is given with its marks."""
    builders = ("query", "query") if public else ("internalQuery", "internal_query")
    declared = (f"returns: {returns}, ", f", returns={returns}") if returns else ("", "")
    return Case(
        name,
        typescript=f"""\
import {{ {builders[0]} }} from "./_generated/server";
import {{ v }} from "convex/values";
export const {ts} = {builders[0]}({{ args: {{}}, {declared[0]}handler: async () => null }});
""",
        python=f"""\
from biconvex.sim.server import {builders[1]}
from biconvex.sim.values import v

@{builders[1]}(args={{}}{declared[1]})
async def {py}(ctx, args):
    return None
""",
        options=options or {},
    )


SILENT = (
    _case("declared", "list", "list", returns="v.null()"),
    _case("an internal function", "list", "list", public=False),
    _case("an internal function that declares it", "list", "list", public=False, returns="v.null()"),
    _case("a kind that the policy is not about", "list", "list", options={"kinds": ["mutation"]}),
    _case("off", "list", "list", options={"public": "off"}),
    Case(
        "a spread that may bring it",
        typescript="""\
import { query } from "./_generated/server";
import { common } from "./somewhere";
export const list = query({ args: {}, ...common, handler: async () => null });
""",
        python="""\
from biconvex.sim.server import query
from .somewhere import common

@query(args={}, **common)
async def list(ctx, args):
    return None
""",
    ),
)

FLAGGED = (
    _case("none", "«list»", "«list»"),
    _case(
        "none, of an internal function",
        "«list»",
        "«list»",
        public=False,
        options={"internal": "require"},
    ),
    _case(
        "one that is forbidden",
        "list",
        "list",
        public=False,
        returns="«v.null()»",
        options={"internal": "forbid"},
    ),
    _case("one while the app is young", "list", "list", returns="«v.null()»", options={"public": "forbid"}),
)


@dataclass(frozen=True, slots=True)
class Policies:
    """`public` and `internal` are `require`, `off` or `forbid`; `kinds` the kinds of functions that they hold for."""

    public: Policy = "require"
    internal: Policy = "off"
    kinds: tuple[Literal["query", "mutation", "action"], ...] = ("query", "mutation", "action")


class ReturnValidatorPolicy(Rule):
    """Every function whose `returns` is not as the policy says."""

    name = "return-validator-policy"
    theme = "validators"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation", "https://docs.convex.dev/ai")
    silent = SILENT
    flagged = FLAGGED
    Options = Policies
    options: Policies

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield functions that lack what is required, and validators that are forbidden."""
        for function in backend.functions:
            if function.reference is None or function.kind not in self.options.kinds:
                continue
            # no client can call the functions of a component
            public = function.visibility == "public" and backend.kind == "app"
            policy = self.options.public if public else self.options.internal
            if policy == "require" and function.returns.status == "absent":
                yield Problem(
                    function.builder if function.place == function.registration else function.place,
                    begin(f"{name_of(function)} declares no `returns`: what it gives is not checked."),
                    help=f"declare what it gives, as in {_example(function)}",
                )
            elif policy == "forbid" and function.returns.status == "present":
                yield Problem(
                    function.returns.place or function.place,
                    begin(f"{name_of(function)} declares `returns`, which is not wanted here."),
                    help="take it out",
                )


def _example(function: Function) -> str:
    python = function.place.source.language == "python"
    return "`returns=v.null()`" if python else "`returns: v.null()`"
