"""An index definition that Convex refuses.

## What it does

Checks every index of the schema as Convex does when it is deployed:

* its name: letters, digits and underscores, 64 of them at most, not `by_id` or `by_creation_time`, none that begins
  with `_` or that another index of the table has;
* its fields: there are some, 16 at most, none twice, none that begins with `_`, all of them fields that a document of
  the table can have;
* one search index and one vector index for a field, and 64 indexes in all for a table.

## Why is this bad?

The whole deployment is refused, functions and all.

## Example

```ts
tasks: defineTable({ owner: v.string() }).index("by_owner", ["owner", "_creationTime"]),
```

## Use instead

```ts
tasks: defineTable({ owner: v.string() }).index("by_owner", ["owner"]),
```

Convex adds `_creationTime` to the end of every index.

## Known limits

Silent about names and fields that are not literal. Two indexes with the same fields are reported by
`redundant-index`, dimensions by `invalid-vector-search`.

## References

* https://docs.convex.dev/database/reading-data/indexes/
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import schema_case
from biconvex.rules.indexes._shared import BUILT_IN, can_have, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Index, Place, Table

__all__ = ["InvalidIndex"]

MANY = "".join(f'"f{n}": v.string(), ' for n in range(17))
NAMES = ", ".join(f'"f{n}"' for n in range(17))

SILENT = (
    schema_case(
        "indexes as they should be",
        """
"tasks": defineTable({"owner": v.id("users"), "meta": v.object({"due": v.number()}), "any": v.any()})
    .index("by_owner", ["owner"])
    .index("by_owner_and_due", ["owner", "meta.due"])
    .index("by_any", ["any.thing"]),
"shapes": defineTable(v.union(v.object({"a": v.string()}), v.object({"b": v.string()})))
    .index("by_a", ["a"])
    .index("by_b", ["b"]),
"things": defineTable(v.any()).index("by_x", ["x"]),
""",
    ),
    schema_case(
        "fields that are not all in sight",
        (
            """
tasks: defineTable({ owner: v.string(), ...more }).index("by_more", ["more"]).index("by_all", fields),
notes: defineTable(noteValidator).index("by_note", ["note"]).index(name, ["_id"]),
""",
            """
"tasks": define_table({"owner": v.string(), **more}).index("by_more", ["more"]).index("by_all", fields),
"notes": define_table(note_validator).index("by_note", ["note"]).index(name, ["_id"]),
""",
        ),
    ),
)

FLAGGED = (
    schema_case(
        "_creationTime, which every index has",
        """
"tasks": defineTable({"owner": v.string()}).index("by_owner", ["owner", «"_creationTime"»]),
""",
        fixed="""
"tasks": defineTable({"owner": v.string()}).index("by_owner", ["owner"]),
""",
    ),
    schema_case(
        "fields that are missing, repeated, of the system, or none at all",
        """
"tasks": defineTable({"owner": v.string(), "meta": v.object({"due": v.number()})})
    .index("by_user", [«"user"»])
    .index("by_due", [«"meta.done"»])
    .index("by_twice", ["owner", "meta", «"owner"»])
    .index("by_own_id", [«"_id"»])
    .index(«"by_nothing"», []),
""",
    ),
    schema_case(
        "names that are reserved, taken or no identifiers",
        """
"tasks": defineTable({"owner": v.string(), "due": v.number()})
    .index(«"by_id"», ["owner"])
    .index(«"_by_owner"», ["owner", "due"])
    .index(«"by-due"», ["due"])
    .index("by_both", ["due", "owner"])
    .index(«"by_both"», ["due", "owner"]),
""",
    ),
    schema_case(
        "too many fields",
        f"""
"wide": defineTable({{{MANY}}}).index(«"by_all"», [{NAMES}]),
""",
    ),
    schema_case(
        "two search indexes for one field, and a filter field that there isn't",
        (
            """
tasks: defineTable({ title: v.string(), owner: v.string() })
  .searchIndex("search_title", { searchField: "title", filterFields: ["owner", «"user"»] })
  .searchIndex(«"search_too"», { searchField: "title" }),
""",
            """
"tasks": define_table({"title": v.string(), "owner": v.string()})
.search_index("search_title", search_field="title", filter_fields=["owner", «"user"»])
.search_index(«"search_too"», search_field="title"),
""",
        ),
    ),
)

MOST_FIELDS = 16
MOST_INDEXES = 64
LONGEST_NAME = 64
_IDENTIFIER = re.compile(r"_*[A-Za-z0-9][A-Za-z0-9_]*")
_REFUSED = "Convex refuses to deploy it"


class InvalidIndex(Rule):
    """Every index that Convex would refuse (semantics §3.4)."""

    name = "invalid-index"
    theme = "indexes"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/reading-data/indexes/",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield what is wrong with each index, then with all indexes of a table."""
        for table in tables_of(backend).values():
            names: dict[str, Index] = {}
            searched: dict[tuple[str, str], Index] = {}
            for index in table.definitions:
                yield from _names(index, table, names)
                if index.fields is not None:
                    yield from _fields(index, table)
                if index.kind != "database" and index.fields:
                    yield from _only_one(index, table, searched)
            if len(table.definitions) > MOST_INDEXES:
                last = table.definitions[MOST_INDEXES]
                count = len(table.definitions)
                yield Problem(
                    last.place,
                    f"The table `{table.name}` has {count} indexes, and Convex allows {MOST_INDEXES}: {_REFUSED}.",
                )


def _names(index: Index, table: Table, names: dict[str, Index]) -> Iterator[Problem]:
    """Yield what is wrong with the name of an index."""
    name = index.name
    first = names.setdefault(name, index)
    if first is not index:
        yield Problem(
            index.place,
            f"Another index of `{table.name}` is named `{name}`: {_REFUSED}.",
            help="give it a name of its own",
            evidence=((first.place, f"the first `{name}`"),),
        )
    elif name in BUILT_IN or name.startswith("_"):
        why = (
            "every table has one already" if name in BUILT_IN else "names with `_` in front are Convex's own"
        )
        yield Problem(index.place, f"The name `{name}` is reserved, {why}: {_REFUSED}.", help="rename it")
    elif not (_IDENTIFIER.fullmatch(name) and name[0].isascii() and not name[0].isdigit()):
        fact = f"`{name}` is no name for an index, which has letters, digits and underscores only"
        yield Problem(index.place, f"{fact}: {_REFUSED}.", help="rename it")
    elif len(name) > LONGEST_NAME:
        fact = f"The name of this index has {len(name)} characters, and Convex allows {LONGEST_NAME}"
        yield Problem(index.place, f"{fact}: {_REFUSED}.", help="give it a shorter name")


def _fields(index: Index, table: Table) -> Iterator[Problem]:
    """Yield what is wrong with the fields of an index."""
    fields = (*(index.fields or ()), *index.filter_fields)
    counted = index.fields or () if index.kind == "database" else index.filter_fields
    if index.kind == "database" and not fields:
        yield Problem(
            index.place, f"The index `{index.name}` has no fields: {_REFUSED}.", help="list its fields"
        )
    if len(counted) > MOST_FIELDS:
        fact = f"The index `{index.name}` has {len(counted)} fields, and Convex allows {MOST_FIELDS}"
        yield Problem(index.place, f"{fact}: {_REFUSED}.", help="leave out the last ones")
    seen: set[str] = set()
    for at, field in enumerate(fields):
        place = _place(index, at, len(fields))
        if field == "_creationTime":
            yield Problem(
                place,
                f"Every index ends with `_creationTime`, so that listing it is an error: {_REFUSED}.",
                help="remove it",
                fix=_removal(index, at, len(fields)),
            )
        elif field.startswith("_"):
            yield Problem(place, f"`{field}` can't be indexed: {_REFUSED}.", help="remove it")
        elif field in seen:
            yield Problem(
                place, f"`{index.name}` has the field `{field}` twice: {_REFUSED}.", help="remove it"
            )
        elif table.document is not None and not can_have(table.document, field):
            yield Problem(
                place,
                f"No document of `{table.name}` can have the field `{field}`: {_REFUSED}.",
                help="index a field of the table, or add this one to it",
            )
        seen.add(field)


def _only_one(index: Index, table: Table, searched: dict[tuple[str, str], Index]) -> Iterator[Problem]:
    """Yield a second search or vector index for a field."""
    field = (index.fields or ("",))[0]
    first = searched.setdefault((index.kind, field), index)
    if first is not index:
        yield Problem(
            index.place,
            f"Another {index.kind} index of `{table.name}` is for `{field}`, and there can be only one: {_REFUSED}.",
            help="use the other one, with the filter fields of both",
            evidence=((first.place, f"`{first.name}` is for `{field}`"),),
        )


def _place(index: Index, at: int, count: int) -> Place:
    """Give the place of a field, or of the index where its fields are not written out there."""
    return index.field_places[at] if len(index.field_places) == count else index.place


def _removal(index: Index, at: int, count: int) -> Fix | None:
    """Take a field out of a list of several."""
    places = index.field_places
    if count < 2 or len(places) != count or index.kind != "database":
        return None
    start, end = (places[at - 1].end, places[at].end) if at else (places[0].start, places[1].start)
    return Fix("remove `_creationTime`", (Edit(index.place.source.path, start, end, ""),))
