"""What the rules about indexes have in common: which index a use means, and how all of its uses are found."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.lookup import strings_matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from biconvex.lint.model import Backend, Index, IndexUse, Place, QueryChain, Table, ValidatorShape

__all__ = [
    "BUILT_IN", "IndexNames", "can_have", "fields_of", "grouped_by_place", "index_meant", "listed", "queries_by_use",
    "tables_of",
]  # fmt: skip

BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "by_id": ("_id",),
    "by_creation_time": ("_creationTime", "_id"),
}
"""The indexes that every table has."""


def tables_of(backend: Backend) -> Mapping[str, Table]:
    """Give the tables of the schema that are in sight."""
    return backend.schema.tables if backend.schema else {}


def index_meant(use: IndexUse, tables: Mapping[str, Table]) -> Index | None:
    """Give the index of the schema that a use names."""
    table = tables.get(use.table or "")
    return table.indexes.get(use.name or "") if table else None


def fields_of(chain: QueryChain, tables: Mapping[str, Table]) -> tuple[str, ...] | None:
    """Give all fields of the database index that a query uses, in order; None when they are not known."""
    use = chain.index
    if use is None or use.kind != "database":
        return None
    if use.name is not None and use.name in BUILT_IN:
        return BUILT_IN[use.name]
    index = index_meant(use, tables)
    return (*index.fields, "_creationTime") if index and index.fields is not None else None


def queries_by_use(backend: Backend) -> Mapping[IndexUse, list[QueryChain]]:
    """Give the queries of each use of an index."""
    found: dict[IndexUse, list[QueryChain]] = defaultdict(list)
    for use in backend.database_uses:
        for chain in use.chains:
            if chain.index is not None:
                found[chain.index].append(chain)
    return found


def grouped_by_place(uses: Iterable[IndexUse]) -> Iterator[list[IndexUse]]:
    """Give the uses that stand at one place together: what one call may mean, by the ways that lead to it."""
    found: dict[Place, list[IndexUse]] = defaultdict(list)
    for use in uses:
        found[use.name_place].append(use)
    yield from found.values()


def listed(names: Iterable[str]) -> str:
    """List names: `a`, `b` and `c`."""
    quoted = [f"`{name}`" for name in names]
    return " and ".join(", ".join(part) for part in (quoted[:-1], quoted[-1:]) if part)


class IndexNames:
    """Where names of indexes are written: in the schema, in queries, and in strings of which nothing is known."""

    def __init__(self, backend: Backend, names: set[str]) -> None:
        self._uses: dict[str | None, list[IndexUse]] = defaultdict(list)
        known: set[Place] = set()
        for use in backend.index_uses:
            self._uses[use.table].append(use)
            known.add(use.name_place)
            known.update(step.field_place for steps in use.ranges or () for step in steps)
        for table in tables_of(backend).values():
            for index in table.definitions:
                known.update((index.place, *index.field_places))
        self.elsewhere = _strings(backend, names, known)
        """The names that stand in a string which is neither a known use of an index nor a field."""

    def renaming(self, table: Table, old: str, new: str) -> tuple[Edit, ...] | None:
        """Give the edits that make every use of an index name another; None when one may be out of sight.

        A name that is not literal may be this one, and so may a string elsewhere that a helper is handed.
        """
        if self._uses[None] or old in self.elsewhere:
            return None
        places: dict[Place, None] = {}
        for use in self._uses[table.name]:
            if use.name is None:
                return None
            if use.name == old:
                places[use.name_place] = None
        edits: list[Edit] = []
        for place in places:
            text = place.text
            if text[1:-1] != old or text[0] not in "\"'":
                return None
            edits.append(Edit(place.source.path, place.start, place.end, f"{text[0]}{new}{text[-1]}"))
        return tuple(edits)


def _strings(backend: Backend, names: set[str], known: set[Place]) -> frozenset[str]:
    """Give those of the names that some other string of the backend is.

    A module in which the names stand, in quotes, at known places only is not looked through.
    """
    if not names:
        return frozenset()
    pattern = re.compile(
        rb"[\"'`](?:" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")[\"'`]"
    )
    plain = re.compile(b"|".join(re.escape(name.encode()) for name in sorted(names)))
    starts: dict[str, set[int]] = defaultdict(set)
    for place in known:
        starts[place.source.path].add(place.start)
    found: set[str] = set()
    for module in backend.modules.values():
        here = starts[module.source.path]
        if all(match.start() in here for match in pattern.finditer(module.source.data)):
            continue
        for place, text in strings_matching(module, plain):
            if text in names and place not in known:
                found.add(text)
    return frozenset(found)


def can_have(document: ValidatorShape, path: str) -> bool:
    """Tell whether a document that a validator accepts may have a field; `path` may lead into objects."""
    name, _, rest = path.partition(".")
    if document.kind == "union":
        return not document.complete or any(can_have(member, path) for member in document.members)
    if document.kind == "object":
        field = document.fields.get(name)
        if field is None:
            return not document.complete
        return not rest or can_have(field, rest)
    return document.kind in {"any", "unknown", "record"}
