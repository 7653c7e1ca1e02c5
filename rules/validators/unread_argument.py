"""An argument that a function declares, and that its handler never reads.

## What it does

Finds names in the `args` of a function of which its handler makes nothing: it takes its arguments apart, or reads
them one by one, and this one is not among them.

## Why is this bad?

Whoever calls the function must pass it, thinks that it has an effect, and may send what should not be sent. Often the
handler has forgotten it: a limit that limits nothing, a filter that filters nothing.

## Example

```ts
args: { teamId: v.id("teams"), limit: v.number() },
handler: async (ctx, { teamId }) => await tasksOf(ctx, teamId).take(100),
```

## Use instead

```ts
args: { teamId: v.id("teams"), limit: v.number() },
handler: async (ctx, { teamId, limit }) => await tasksOf(ctx, teamId).take(limit),
```

## Known limits

Silent where the arguments are handed on as a whole or spread, for custom builders, which may read them first, for a
handler that is written elsewhere and may be called by others, and where the parameter's or the argument's name begins
with `_`. An argument that is kept so that old clients can go on calling is found, too.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.validators.reading import arguments_read, served_alone
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function, Place

__all__ = ["UnreadArgument"]


def _case(name: str, ts: str, py: str, *, parameter: str = "args", limit: str = "v.number()") -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ query }} from "./_generated/server";
import {{ v }} from "convex/values";
export const list = query({{
  args: {{ team: v.id("teams"), limit: {limit} }},
  handler: async (ctx, {parameter}) => {{
    {ts}
  }},
}});
""",
        python=f"""\
from biconvex.sim.server import query
from biconvex.sim.values import v

@query(args={{"team": v.id("teams"), "limit": {limit}}})
async def list(ctx, {parameter if parameter.isidentifier() else "args"}):
    {py}
""",
    )


SILENT = (
    _case("all of them read", "return [args.team, args.limit];", 'return [args["team"], args.get("limit")]'),
    _case("handed on as a whole", "return work(ctx, args);", "return work(ctx, args)"),
    _case("spread", "return { ...args, team: args.team };", 'return {**args, "team": args["team"]}'),
    _case("a rest", "const { team, ...more } = args;\n    return more;", "return dict(args)"),
    _case("a literal", "return args.team;", 'return args["team"]', limit="v.literal(10)"),
    _case("a parameter that says so", "return null;", "return None", parameter="_args"),
)

FLAGGED = (
    _case("one", "return args.team;", 'return args["team"]', limit="«v.number()»"),
    _case(
        "one of a pattern", "return team;", 'return args["team"]', parameter="{ team }", limit="«v.number()»"
    ),
    _case(
        "in a function within",
        "return [1].map(() => args.team);",
        'return [args["team"] for _ in [1]]',
        limit="«v.optional(v.number())»",
    ),
)


class UnreadArgument(Rule):
    """Every argument that must be passed and has no effect."""

    name = "unread-argument"
    theme = "validators"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each at its validator."""
        for function in served_alone(backend):
            handler, shape = function.handler, function.args.shape
            if function.reference is None or handler is None or shape is None or _says_so(handler.syntax):
                continue
            reads = arguments_read(handler)
            if reads is None or not reads.all or not handler.syntax.body:
                continue
            for name, field in shape.fields.items():
                # a literal has its effect by being required: `confirm: v.literal(true)`
                if name not in reads.names and not name.startswith("_") and field.kind != "literal":
                    yield Problem(
                        _within(function, field.place),
                        begin(f"{name_of(function)} declares the argument `{name}`, and never reads it."),
                        help="read it, or take it out of `args` and of the calls",
                    )


def _within(function: Function, place: Place) -> Place:
    """Give the place of a validator, or, when that is elsewhere, in a constant, that of the declaration."""
    declared = function.args.place
    if declared is None or (place.source is declared.source and declared.start <= place.start < declared.end):
        return place
    return declared


def _says_so(handler: syntax.Function) -> bool:
    """Tell whether the parameter's name begins as those do that nobody reads."""
    target = handler.parameters[1].target if len(handler.parameters) > 1 else None
    return isinstance(target, syntax.Name) and target.id.startswith("_")
