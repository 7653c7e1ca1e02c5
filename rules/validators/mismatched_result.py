"""A result that the return validator of its function refuses.

## What it does

Compares what a handler gives back with the `returns` of its function: values that are written out, what a call on the
ctx gives (an id, an array of documents, a page), and paths that give nothing although the validator wants something.

## Why is this bad?

Convex checks the result when the function has done its work. One that doesn't fit is a `ReturnsValidationError`: the
call fails, and what a mutation has written is undone. What is not given counts as `null`.

## Example

```ts
export const add = mutation({
  args: { text: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    return await ctx.db.insert("tasks", { text: args.text });
  },
});
```

## Use instead

```ts
export const add = mutation({
  args: { text: v.string() },
  returns: v.id("tasks"),
  handler: async (ctx, args) => {
    return await ctx.db.insert("tasks", { text: args.text });
  },
});
```

## Known limits

Silent about values that are computed, about custom builders, which may change a result, and where it isn't sure that
the end of a handler can be reached (`switch`, `while`). Fields that a document may lack are not compared.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.references.arguments import mismatches
from biconvex.rules.validators.endings import returns_of, runs_to_its_end
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Body, DatabaseUse, Function, ValidatorShape
    from biconvex.rules.references.arguments import Mismatch

__all__ = ["MismatchedResult"]


def _case(name: str, validator: str, ts: str, py: str, *, mark: tuple[str, str] = ("", "")) -> Case:
    """One mutation named `add`; `mark` stands around its name."""
    return Case(
        name,
        typescript=f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
export const {mark[0]}add{mark[1]} = mutation({{
  args: {{}},
  returns: {validator},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        python=f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{}}, returns={validator})
async def {mark[0]}add{mark[1]}(ctx, args):
    {py}
""",
    )


_INSERT = ('await ctx.db.insert("tasks", {})', 'await ctx.db.insert("tasks", {})')
_OBJECT = 'v.object({"ok": v.boolean(), "id": v.optional(v.string())})'

SILENT = (
    _case("nothing, as declared", "v.null()", f"{_INSERT[0]};", _INSERT[1]),
    _case("an id, as declared", 'v.id("tasks")', f"return {_INSERT[0]};", f"return {_INSERT[1]}"),
    _case("an object, as declared", _OBJECT, "return { ok: true };", 'return {"ok": True}'),
    _case("what is computed", "v.null()", "return work(ctx);", "return work(ctx)"),
    _case(
        "nothing or something",
        'v.union(v.null(), v.id("tasks"))',
        f"if (args.a) return {_INSERT[0]};",
        f'if args["a"]:\n        return {_INSERT[1]}',
    ),
    _case(
        "a result on every path",
        "v.number()",
        "if (args.a) { return 1; } else { throw new Error(); }",
        'if args["a"]:\n        return 1\n    else:\n        raise ValueError',
    ),
    _case(
        "a function within",
        "v.null()",
        "[1].map(() => { return 2; });",
        "def two():\n        return 2\n    two()",
    ),
    _case("an end that a call may keep from being reached", "v.number()", "fail();", "fail()"),
)

FLAGGED = (
    _case("an id for nothing", "v.null()", f"return «{_INSERT[0]}»;", f"return «{_INSERT[1]}»"),
    _case("a value for nothing", "v.null()", "return «{ ok: true }»;", 'return «{"ok": True}»'),
    _case(
        "documents for an object",
        _OBJECT,
        'return «await ctx.db.query("tasks").collect()»;',
        'return «await ctx.db.query("tasks").collect()»',
    ),
    _case(
        "an object that lacks a field, and one with a field too many",
        _OBJECT,
        "if (args.a) return «{}»;\n    return { ok: true, «at: 1» };",
        'if args["a"]:\n        return «{}»\n    return {"ok": True, «"at": 1»}',
    ),
    _case(
        "a bare return",
        "v.number()",
        "if (args.a) «return»;\n    return 1;",
        'if args["a"]:\n        «return»\n    return 1',
    ),
    _case(
        "a path without a result",
        "v.number()",
        "if (args.a) { return 1; }",
        'if args["a"]:\n        return 1',
        mark=("«", "»"),
    ),
)


class MismatchedResult(Rule):
    """Every result that surely is refused."""

    name = "mismatched-result"
    theme = "validators"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each return whose value doesn't fit, and each function that may give nothing."""
        databases: dict[Body, dict[int, DatabaseUse]] = {}
        for use in backend.database_uses:
            databases.setdefault(use.body, {})[use.place.start] = use
        seen: set[Body] = set()
        for function in backend.functions:
            handler, shape = function.handler, function.returns.shape
            if handler is None or shape is None or function.custom or handler.syntax.is_generator:
                continue
            if handler not in seen and _says_something(shape):
                yield from _problems(function, handler, shape, databases.get(handler, {}))
            seen.add(handler)


def _problems(
    function: Function, handler: Body, shape: ValidatorShape, uses: Mapping[int, DatabaseUse]
) -> Iterator[Problem]:
    evidence = ((function.returns.place, "what it must give"),) if function.returns.place else ()
    source = handler.place.source
    empty = not _takes_null(shape)
    for given in returns_of(handler.syntax):
        value = _plain(given.value)
        if value is None or (isinstance(value, syntax.Literal) and value.kind == "undefined"):
            if empty:
                yield Problem(
                    Place(source, given.start, given.start + len("return")),
                    f"{_subject(function)} gives nothing here, which its `returns` refuses.",
                    help="give a value, or let `returns` take `null`",
                    evidence=evidence,
                )
            continue
        kind = _given_by(value, uses)
        if kind is not None and not _takes(shape, kind):
            yield Problem(
                Place(source, value.start, value.end),
                f"{_subject(function)} gives {_KINDS[kind]} here, which its `returns` refuses.",
                help="let `returns` say what it gives",
                evidence=evidence,
            )
        for found in mismatches(shape, value):
            yield Problem(
                Place(source, found.node.start, found.node.end),
                f"The `returns` of {name_of(function)} {_told(found)}.",
                help="let `returns` say what it gives",
                evidence=evidence,
            )
    if empty and runs_to_its_end(handler.syntax.body):
        yield Problem(
            function.builder if function.place == function.registration else function.place,
            f"{_subject(function)} can end without a result, which its `returns` refuses.",
            help="give a value at its end, or let `returns` take `null`",
            evidence=evidence,
        )


def _subject(function: Function) -> str:
    return begin(name_of(function))


_KINDS = {"id": "a document's id", "array": "an array of documents", "object": "a page of documents"}
_FITTING = {
    "id": frozenset({"id", "string"}),
    "array": frozenset({"array"}),
    "object": frozenset({"object", "record"}),
}


def _given_by(value: syntax.Node, uses: Mapping[int, DatabaseUse]) -> str | None:
    """Tell what an awaited call on the database gives."""
    if not isinstance(value, syntax.Await):
        return None
    call = _plain(value.value)
    use = uses.get(call.start) if isinstance(call, syntax.Call) else None
    if use is None or call is None or use.place.end != call.end:
        return None
    if use.operation == "insert":
        return "id"
    terminals = {chain.terminal for chain in use.chains if not chain.library and chain.complete}
    if len(use.chains) != 1 or len(terminals) != 1:
        return None
    return {"collect": "array", "take": "array", "paginate": "object"}.get(terminals.pop() or "")


def _says_something(shape: ValidatorShape) -> bool:
    return shape.kind not in {"any", "unknown"} and not shape.optional


def _takes_null(shape: ValidatorShape) -> bool:
    return _takes(shape, "null")


def _takes(shape: ValidatorShape, kind: str) -> bool:
    """Tell whether a validator may take a value of a kind."""
    if shape.kind == "union":
        return not shape.complete or any(_takes(member, kind) for member in shape.members)
    if shape.kind == "literal":
        return kind == "null" and (shape.value is None or not shape.complete)
    return shape.optional or shape.kind in {"any", "unknown", kind} or shape.kind in _FITTING.get(kind, ())


def _plain(node: syntax.Node | None) -> syntax.Node | None:
    while isinstance(node, syntax.Cast) and node.type not in {"any", "never", "unknown", "Any"}:
        node = node.value
    return node


def _told(found: Mismatch) -> str:
    where = f" in `{found.path}`" if found.path else ""
    if found.sort == "missing":
        return f"needs the field `{found.detail}`{where}"
    if found.sort == "unknown":
        return f"has no field `{found.detail}`{where}"
    return f"{found.detail}{where}"
