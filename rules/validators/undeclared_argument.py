"""An argument that a handler reads, and that its function doesn't declare.

## What it does

Compares what a handler reads of its arguments — `args.title`, `const { title } = args`, `async (ctx, { title }) => …`
— with the `args` of the function.

## Why is this bad?

Convex refuses a call with an argument that is not declared, so that what the handler reads is always `undefined`:
mostly a misspelt name, or an argument that was renamed in one place only. In Python, reading it raises a `KeyError`.

## Example

```ts
args: { id: v.id("tasks"), name: v.string() },
handler: async (ctx, { id, title }) => await ctx.db.patch("tasks", id, { title }),
```

## Use instead

```ts
args: { id: v.id("tasks"), title: v.string() },
handler: async (ctx, { id, title }) => await ctx.db.patch("tasks", id, { title }),
```

## Known limits

Silent where some arguments may be declared out of sight, for custom builders, which may add arguments of their own,
and for a handler that is written elsewhere and may be called by others.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.references._shared import closest
from biconvex.rules.validators.reading import arguments_read, served_alone
from biconvex.rules.wording import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["UndeclaredArgument"]


def _case(name: str, args: str, ts: str, py: str, *, parameter: str = "args") -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
import {{ common }} from "./somewhere";
export const rename = mutation({{
  args: {args},
  handler: async (ctx, {parameter}) => {{
    {ts}
  }},
}});
""",
        python=f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v
from .somewhere import common

@mutation(args={args.replace("...", "**")})
async def rename(ctx, args):
    {py}
""",
    )


_ID = '{"id": v.id("tasks")}'
SILENT = (
    _case(
        "declared",
        '{"id": v.id("tasks"), "title": v.string()}',
        'const { id } = args;\n    await ctx.db.patch("tasks", id, { title: args["title"] });',
        'await ctx.db.patch("tasks", args["id"], {"title": args.get("title")})',
    ),
    _case(
        "perhaps declared in what is spread",
        '{"id": v.id("tasks"), ...common}',
        'await ctx.db.patch("tasks", args.id, { title: args.title });',
        'await ctx.db.patch("tasks", args["id"], {"title": args["title"]})',
    ),
    _case(
        "a member of something else of that name",
        _ID,
        "return [1].map((args) => args.title);",
        'return [args["title"] for args in [{"title": 1}]]',
    ),
    Case(
        "a handler that others call with more",
        typescript="""\
import { mutation } from "./_generated/server";
async function work(ctx, args) { return args.title; }
export const rename = mutation({ args: {}, handler: work });
export const other = async (ctx) => await work(ctx, { title: "a" });
""",
        python="""\
from biconvex.sim.server import mutation

async def work(ctx, args):
    return args["title"]

rename = mutation(args={})(work)
""",
    ),
    _case(
        "one that the handler itself puts there",
        _ID,
        "args.title = 1;\n    return args.title;",
        'args["title"] = 1\n    return args["title"]',
    ),
)

FLAGGED = (
    _case("a member", _ID, "return «args.title»;", 'return «args["title"]»'),
    _case(
        "another spelling", '{"userId": v.string()}', "return «args.userID»;", 'return «args.get("userID")»'
    ),
    _case("a part of a pattern", _ID, "const { id, «title: text» } = args;", 'text = «args["title"]»'),
    _case(
        "a part of the parameter", _ID, "return id;", 'return «args["title"]»', parameter="{ id, «title» }"
    ),
)


class UndeclaredArgument(Rule):
    """Every argument that a handler reads and nobody can pass."""

    name = "undeclared-argument"
    theme = "validators"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first read of each."""
        for function in served_alone(backend):
            handler, shape = function.handler, function.args.shape
            reads = arguments_read(handler) if handler is not None else None
            if handler is None or shape is None or reads is None:
                continue
            for name, node in reads.names.items():
                if name in shape.fields:
                    continue
                meant = closest(name, shape.fields)
                yield Problem(
                    Place(handler.place.source, node.start, node.end),
                    f"The `args` of {name_of(function)} don't declare `{name}`, so that no call can pass it.",
                    help=f"did you mean `{meant}`?" if meant else f"declare `{name}`, or don't read it",
                    evidence=((function.args.place, "what it declares"),) if function.args.place else (),
                )
