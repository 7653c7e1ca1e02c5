"""A text that is looked for in code, though the table has a search index for it.

## What it does

Finds queries whose results are filtered in code by whether a field contains a text (`includes`, `indexOf`, in Python
`in`), when the table has a search index for that field and the query does not use it.

## Why is this bad?

The query reads every document, only to throw most of them away. The search index finds them without reading the
others, with the best ones first.

## Example

```ts
// schema: notes.searchIndex("search_body", { searchField: "body" })
const notes = await ctx.db.query("notes").collect();
return notes.filter((note) => note.body.toLowerCase().includes(text));
```

## Use instead

```ts
return await ctx.db
  .query("notes")
  .withSearchIndex("search_body", (q) => q.search("body", text))
  .take(50);
```

## Known limits

Silent about a limited number of documents, and where several fields are compared at once. A search finds words and
their beginnings, not any part of a word.

## References

* https://docs.convex.dev/search/text-search
* https://docs.convex.dev/understanding/best-practices/#avoid-filter-on-database-queries
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.indexes._shared import tables_of
from biconvex.rules.wording import in_tests, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import ArrayUse, Backend, DatabaseUse, Index, Table

__all__ = ["TextScan"]

TABLES = (
    """
notes: defineTable({ body: v.string(), title: v.string(), tags: v.array(v.string()) })
  .searchIndex("search_body", { searchField: "body" }),
""",
    """
"notes": define_table({"body": v.string(), "title": v.string(), "tags": v.array(v.string())})
.search_index("search_body", search_field="body"),
""",
)

SILENT = (
    handler_case(
        "a search, and what it found filtered by something else",
        """
const notes = await ctx.db.query("notes").withSearchIndex("search_body", (q) => q.search("body", args.text)).collect();
return notes.filter((note) => note.tags.includes(args.tag));
""",
        """
query = ctx.db.query("notes")
notes = await query.with_search_index("search_body", lambda q: q.search("body", args["text"])).collect()
return [note for note in notes if args["tag"] in note["tags"]]
""",
        schema=TABLES,
    ),
    handler_case(
        "a field without a search index, and a few documents",
        """
const notes = await ctx.db.query("notes").collect();
const recent = await ctx.db.query("notes").order("desc").take(20);
return [
  notes.filter((note) => note.title.includes(args.text)),
  recent.filter((note) => note.body.includes(args.text)),
];
""",
        """
notes = await ctx.db.query("notes").collect()
recent = await ctx.db.query("notes").order("desc").take(20)
return [
    [note for note in notes if args["text"] in note["title"]],
    [note for note in recent if args["text"] in note["body"]],
]
""",
        schema=TABLES,
    ),
)

FLAGGED = (
    handler_case(
        "a text looked for in every document",
        """
const notes = await ctx.db.query("notes").collect();
return «notes.filter((note) => note.body.toLowerCase().includes(args.text.toLowerCase()))»;
""",
        """
notes = await ctx.db.query("notes").collect()
return «[note for note in notes if args["text"].lower() in note["body"].lower()]»
""",
        schema=TABLES,
    ),
    handler_case(
        "in the results of an index",
        """
const notes = await ctx.db.query("notes").withIndex("by_title", (q) => q.eq("title", args.title)).collect();
return «notes.filter((note) => note.body.indexOf(args.text) >= 0)».length;
""",
        """
notes = await ctx.db.query("notes").with_index("by_title", lambda q: q.eq("title", args["title"])).collect()
return len(«[note for note in notes if args["text"] in note["body"]]»)
""",
        schema=TABLES,
    ),
)

_CONTAINING = frozenset({"includes", "indexOf", "find"})
_CASES = frozenset(
    {"toLowerCase", "toUpperCase", "toLocaleLowerCase", "lower", "upper", "casefold", "trim", "strip"}
)


class TextScan(Rule):
    """Every filter in code that a search index could answer."""

    name = "text-scan"
    theme = "indexes"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/search/text-search",
        "https://docs.convex.dev/understanding/best-practices/#avoid-filter-on-database-queries",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each filter of collected documents by a text in a field that can be searched."""
        tables = tables_of(backend)
        for call in backend.database_uses:
            if not call.uses or in_tests(call.place):
                continue
            if any(
                chain.terminal != "collect" or (chain.index and chain.index.kind == "search")
                for chain in call.chains
            ):
                continue
            indexes = _searchable(call, tables)
            for use in call.uses if indexes else ():
                fields = set(_searched(use))
                if len(fields) == 1 and (index := indexes.get(fields.pop())) is not None:
                    yield _problem(use, call, index)


def _searchable(call: DatabaseUse, tables: Mapping[str, Table]) -> dict[str, Index]:
    """Give the search indexes of the table of a query by the field they search."""
    table = tables.get(call.table or "")
    if table is None:
        return {}
    indexes = (index for index in table.indexes.values() if index.kind == "search" and not index.staged)
    return {index.fields[0]: index for index in indexes if index.fields}


def _searched(use: ArrayUse) -> Iterator[str]:
    """Give the fields in which one use of the documents looks for a text."""
    node = use.node
    if isinstance(node, syntax.Call) and use.operation == "filter":
        callback = node.arguments[0] if node.arguments else None
        tests: list[syntax.Node] = [callback] if isinstance(callback, syntax.Function) else []
    elif isinstance(node, syntax.Loop) and node.kind == "comprehension":
        tests = node.header
    else:
        return
    for part in (part for test in tests for part in syntax.walk(test)):
        if isinstance(part, syntax.Call) and isinstance(part.callee, syntax.Member):
            if part.callee.name in _CONTAINING:
                yield from _field(part.callee.object)
        elif isinstance(part, syntax.Operation) and part.operator == "in":
            yield from _field(part.operands[-1])


def _field(node: syntax.Node) -> Iterator[str]:
    """Give the field that an expression is, in lower case or as it is."""
    while (
        isinstance(node, syntax.Call)
        and isinstance(node.callee, syntax.Member)
        and node.callee.name in _CASES
    ):
        node = node.callee.object
    if isinstance(node, syntax.Member):
        yield node.name
    elif isinstance(node, syntax.Index) and isinstance(node.index, syntax.Literal):
        yield str(node.index.value)


def _problem(use: ArrayUse, call: DatabaseUse, index: Index) -> Problem:
    field = (index.fields or ("",))[0]
    return Problem(
        use.place,
        f"Every document is read to look for a text in `{field}`, which `{index.name}` finds.",
        help=f"use `{spelled('withSearchIndex', use.place)}` with `{index.name}`",
        evidence=((call.place, "everything is read here"), (index.place, f"`{index.name}` is defined here")),
    )
