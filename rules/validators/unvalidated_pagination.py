"""Pagination options that are not validated as such, or not passed on as they came.

## What it does

Follows what `paginate` is given back to the arguments of a public query. Found is an argument with another validator
than `paginationOptsValidator`, and an object that takes `numItems` and `cursor` out of the options.

## Why is this bad?

A client that pages through a live list sends more than `numItems` and `cursor`: `id`, `endCursor` and limits on what
is read. A validator without them refuses the call of `usePaginatedQuery`; `v.any()` lets anything pass. An object
that is rebuilt without `endCursor` loses the end of the page, so that documents show up twice or not at all when the
list changes.

## Example

```ts
args: { paginationOpts: v.object({ numItems: v.number(), cursor: v.union(v.string(), v.null()) }) },
handler: async (ctx, args) => await ctx.db.query("tasks").paginate(args.paginationOpts),
```

## Use instead

```ts
args: { paginationOpts: paginationOptsValidator },
handler: async (ctx, args) => await ctx.db.query("tasks").paginate(args.paginationOpts),
```

## Known limits

Silent for internal functions and components, which no such client calls, for a cursor that is an argument of its own,
and where the options are spread into the object: `{ ...args.paginationOpts, numItems: 10 }`.

## References

* https://docs.convex.dev/database/pagination
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function, ValidatorShape

__all__ = ["UnvalidatedPagination"]

_SENT = frozenset({"id", "endCursor"})
"""What `usePaginatedQuery` sends besides, and a validator of one's own mostly lacks."""


def _case(
    name: str,
    validator: str,
    ts: str,
    py: str | None = None,
    *,
    parameter: str = "args",
    builders: tuple[str, str] = ("query", "query"),
) -> Case:
    """One query with the argument `paginationOpts`, and what it gives to `paginate` in each language."""
    given = ts if py is None else py
    return Case(
        name,
        typescript=f"""\
import {{ {builders[0]} }} from "./_generated/server";
import {{ paginationOptsValidator }} from "convex/server";
import {{ v }} from "convex/values";
export const list = {builders[0]}({{
  args: {{ "paginationOpts": {validator} }},
  handler: async (ctx, {parameter}) => {{
    return await ctx.db.query("tasks").paginate({ts});
  }},
}});
""",
        python=f"""\
from biconvex.sim.server import {builders[1]}
from .common import paginationOptsValidator
from biconvex.sim.values import v

@{builders[1]}(args={{"paginationOpts": {validator}}})
async def list(ctx, args):
    return await ctx.db.query("tasks").paginate({given})
""",
    )


_OWN = 'v.object({"numItems": v.number(), "cursor": v.union(v.string(), v.null())})'
_ALL = (
    'v.object({"numItems": v.number(), "cursor": v.union(v.string(), v.null()), "id": v.optional(v.number()), '
    '"endCursor": v.optional(v.union(v.string(), v.null()))})'
)
_OPTIONS = 'args["paginationOpts"]'
_REBUILT = '{"numItems": args["paginationOpts"]["numItems"], "cursor": args["paginationOpts"]["cursor"]}'

SILENT = (
    _case("Convex's own validator", "paginationOptsValidator", _OPTIONS),
    _case("one of one's own with all that is sent", _ALL, _OPTIONS),
    _case("an internal function", _OWN, _OPTIONS, builders=("internalQuery", "internal_query")),
    _case(
        "options that are spread",
        "paginationOptsValidator",
        "{ ...args.paginationOpts, numItems: 10 }",
        '{**args["paginationOpts"], "numItems": 10}',
    ),
    _case(
        "a cursor of its own",
        "v.string()",
        '{"numItems": 10, "cursor": args["paginationOpts"]}',
    ),
)

FLAGGED = (
    _case("an object of one's own", f"«{_OWN}»", _OPTIONS),
    _case("anything", "«v.any()»", "paginationOpts", _OPTIONS, parameter="{ paginationOpts }"),
    _case("options that are rebuilt", "paginationOptsValidator", f"«{_REBUILT}»"),
)


class UnvalidatedPagination(Rule):
    """Every public query that pages by other options than Convex's own."""

    name = "unvalidated-pagination"
    theme = "validators"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/database/pagination",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the validator that is too narrow or too wide, or the object that is rebuilt."""
        handlers = {
            function.handler: function
            for function in backend.functions
            if function.handler is not None and function.visibility == "public" and function.kind == "query"
        }
        for use in backend.database_uses if backend.kind == "app" else ():
            function = handlers.get(use.body)
            pages = any(chain.terminal == "paginate" for chain in use.chains)
            shape = function.args.shape if function is not None else None
            if function is None or shape is None or shape.kind != "object" or not pages or not use.arguments:
                continue
            given = use.arguments[0]
            name = _argument(given, function)
            field = shape.fields.get(name) if name is not None else None
            if field is not None and _is_other(field):
                yield Problem(
                    field.place,
                    f"`{name}` goes to `paginate`, and its validator is not that of pagination options.",
                    help=_help(field),
                    evidence=((use.place, "pages with it"),),
                )
            elif isinstance(given, syntax.Object) and (rebuilt := _rebuilt(given, function)) is not None:
                yield Problem(
                    Place(use.place.source, given.start, given.end),
                    f"The pagination options are built anew from parts of `{rebuilt}`, which drops `endCursor`.",
                    help=f"pass `{rebuilt}` as it is, or spread it into the object",
                )


def _is_other(shape: ValidatorShape) -> bool:
    """Tell whether a validator is certainly not that of pagination options."""
    if shape.kind == "any":
        return True
    return shape.kind == "object" and shape.complete and not (shape.fields.keys() >= _SENT)


def _help(shape: ValidatorShape) -> str:
    if shape.place.source.language == "python":
        return "declare all that clients send: `numItems`, `cursor`, `endCursor` and `id`"
    return "use `paginationOptsValidator` from `convex/server`"


def _argument(node: syntax.Node, function: Function) -> str | None:
    """Give the name of the argument that an expression is: `args.x`, `args["x"]`, or a part of the parameter."""
    while isinstance(node, syntax.Cast):
        node = node.value
    handler = function.handler
    parameters = handler.syntax.parameters if handler is not None else []
    target = parameters[1].target if len(parameters) > 1 else None
    if isinstance(target, syntax.ObjectPattern) and isinstance(node, syntax.Name):
        bound = (_key_of(item, node.id) for item in target.properties)
        return next((key for key in bound if key is not None), None)
    if not isinstance(target, syntax.Name) or not isinstance(node, syntax.Member | syntax.Index):
        return None
    if not isinstance(node.object, syntax.Name) or node.object.id != target.id:
        return None
    return _key(node)


def _key_of(item: syntax.Property | syntax.Spread, name: str) -> str | None:
    """Give the key of a part of a pattern that binds a name."""
    if not isinstance(item, syntax.Property) or not isinstance(item.value, syntax.Name):
        return None
    return item.key if item.value.id == name else None


def _key(node: syntax.Member | syntax.Index) -> str | None:
    if isinstance(node, syntax.Member):
        return node.name
    key = node.index.value if isinstance(node.index, syntax.Literal) else None
    return key if isinstance(key, str) else None


def _rebuilt(given: syntax.Object, function: Function) -> str | None:
    """Give the name of the argument of which both parts of an object are parts."""
    whole: set[str | None] = set()
    for item in given.properties:
        if isinstance(item, syntax.Spread) or item.key not in {"numItems", "cursor"}:
            return None
        if not isinstance(item.value, syntax.Member | syntax.Index) or _key(item.value) != item.key:
            return None
        whole.add(_argument(item.value.object, function))
    return next(iter(whole)) if len(whole) == 1 and len(given.properties) == 2 else None
