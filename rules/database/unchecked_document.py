"""A document that is used as if it were surely there.

## What it does

Finds what `ctx.db.get`, `first` and `unique` give when a member of it is read and nothing ever asks whether it is
`null`: `(await ctx.db.get("tasks", id))!.title`, or a variable that is only read from.

## Why is this bad?

There may be no such document: it was deleted, the id was never one of it, the index has no match. Then the function
fails with `Cannot read properties of null`, in Python with a `TypeError`, which tells neither the user nor you what
is wrong.

## Example

```ts
const task = await ctx.db.get("tasks", args.id);
return task!.title;
```

## Use instead

```ts
const task = await ctx.db.get("tasks", args.id);
if (task === null) throw new ConvexError("There is no such task");
return task.title;
```

## Known limits

Silent where the variable is used in any other way than to read its members (tested, compared, passed on, reassigned),
and for a document that the same function inserted.

## References

* https://docs.convex.dev/database/reading-data/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Body, DatabaseUse

__all__ = ["UncheckedDocument"]

_GET = ('await ctx.db.get("tasks", args.id)', 'await ctx.db.get("tasks", args["id"])')


def _declared(ts: str, py: str) -> tuple[str, str]:
    return f"const task = {_GET[0]};\n{ts}", f"task = {_GET[1]}\n{py}"


SILENT = (
    handler_case(
        "one that is asked for",
        *_declared(
            "if (!task) return null;\nreturn task.title;",
            'if not task:\n    return None\nreturn task["title"]',
        ),
    ),
    handler_case("a part that may be missing", f"return ({_GET[0]})?.title;", f"return {_GET[1]}"),
    handler_case(
        "one that is passed on",
        *_declared("assertThere(task);\nreturn task.title;", 'assert_there(task)\nreturn task["title"]'),
    ),
    handler_case("one that is given back", f"return {_GET[0]};", f"return {_GET[1]}"),
    handler_case(
        "one that was inserted before",
        'const id = await ctx.db.insert("tasks", {});\nreturn (await ctx.db.get("tasks", id))!.title;',
        'id = await ctx.db.insert("tasks", {})\nreturn (await ctx.db.get("tasks", id))["title"]',
        kind="mutation",
    ),
)

FLAGGED = (
    handler_case("read at once", f"return «({_GET[0]})!.title»;", f'return «({_GET[1]})["title"]»'),
    handler_case("read through a variable", *_declared("return «task!.title»;", 'return «task["title"]»')),
    handler_case(
        "the first of a query",
        'const task = await ctx.db.query("tasks").first();\nreturn [«task!.title», task!.done];',
        'task = await ctx.db.query("tasks").first()\nreturn [«task["title"]», task["done"]]',
    ),
)


class UncheckedDocument(Rule):
    """Every document that may be missing, and is read all the same."""

    name = "unchecked-document"
    theme = "database"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/database/reading-data/",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first read of each."""
        given: dict[Body, dict[tuple[int, int], DatabaseUse]] = {}
        inserted = {use.place for use in backend.database_uses if use.operation == "insert"}
        for use in backend.database_uses:
            if _may_be_missing(use) and not (use.id is not None and use.id.place in inserted):
                given.setdefault(use.body, {})[use.place.start, use.place.end] = use
        for body, uses in given.items():
            for use, read in _unchecked(body.syntax, uses):
                yield Problem(
                    Place(body.place.source, read.start, read.end),
                    f"Nothing asks whether the document is there that {callee(use)} gives.",
                    help="say what happens when it is missing",
                    evidence=((use.place, "it is read here"),),
                )


def _may_be_missing(use: DatabaseUse) -> bool:
    if use.operation == "get":
        return True
    return bool(use.chains) and all(
        chain.terminal in {"first", "unique"} and not chain.library for chain in use.chains
    )


def _unchecked(
    function: syntax.Function, uses: Mapping[tuple[int, int], DatabaseUse]
) -> Iterator[tuple[DatabaseUse, syntax.Node]]:
    """Give each use whose document is read unasked, with the first read."""
    held: dict[str, DatabaseUse] = {}
    reads: dict[str, syntax.Node] = {}
    bound: dict[str, int] = {}
    accounted: set[int] = set()
    names: list[syntax.Name] = []
    for node in (each for part in function.body for each in syntax.walk(part)):
        if isinstance(node, syntax.Member | syntax.Index):
            optional = isinstance(node, syntax.Member) and node.optional
            whole = _bare(node.object)
            use = _use(whole, uses)
            if use is not None and not optional:
                yield use, node
            elif isinstance(whole, syntax.Name) and not optional:
                reads.setdefault(whole.id, node)
                accounted.add(id(whole))
        elif isinstance(node, syntax.Declare) and isinstance(node.target, syntax.Name):
            name = node.target.id
            bound[name] = bound.get(name, 0) + 1
            accounted.add(id(node.target))
            use = _use(_bare(node.value), uses)
            if use is not None:
                held[name] = use
        elif isinstance(node, syntax.Name):
            names.append(node)
    others = {name.id for name in names if id(name) not in accounted}
    for name, use in held.items():
        if bound[name] == 1 and name in reads and name not in others:
            yield use, reads[name]


def _use(node: syntax.Node | None, uses: Mapping[tuple[int, int], DatabaseUse]) -> DatabaseUse | None:
    """Give the use of the database that an expression awaits."""
    if not isinstance(node, syntax.Await):
        return None
    call = _bare(node.value)
    return uses.get((call.start, call.end)) if call is not None else None


def _bare(node: syntax.Node | None) -> syntax.Node | None:
    while isinstance(node, syntax.Cast):
        node = node.value
    return node
