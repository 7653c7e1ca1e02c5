"""Data: values of which a validator says what they are, such as arguments, ids and documents."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from biconvex.lint.analysis.values import Constant, Record, Sequence, Value, choose, options
from biconvex.lint.model import Place, ValidatorShape
from msgspec.structs import replace

if TYPE_CHECKING:
    from biconvex.lint.model import Schema

__all__ = ["Data", "Documents", "data_named", "data_of", "id_in", "without", "written_shape"]

_NAMED = re.compile(r"""^(Id|Doc)<\s*["'](\w+)["']\s*>$""")
_NOTHING = re.compile(r"\s*\|\s*(?:null|undefined)\b|\b(?:null|undefined)\s*\|\s*")
_ID = "_id"


class Data(Value, eq=True):
    """A value that `known` describes, if it is there at all; the `table` of a document."""

    known: ValidatorShape
    table: str | None = None

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        known = self.known
        if known.kind == "object":
            return data_of(known.fields.get(name))
        if known.kind == "record" and len(known.members) == 2:
            return data_of(known.members[1])
        if known.kind == "union":
            there = [part for part in known.members if part.kind != "null"]
            return choose([Data(part).member(name) for part in there]) if there else None
        return None


def data_of(known: ValidatorShape | None) -> Value | None:
    """Give a value of which a validator says what it is; None where that says nothing."""
    if known is None or known.kind in {"unknown", "any", "null"}:
        return None
    if known.kind == "array":
        return Sequence(element=data_of(known.members[0])) if known.members else None
    if known.kind == "union":
        parts = [part for part in known.members if part.kind != "null"]
        if not known.complete or not parts:
            return None
        if all(part.kind == "object" for part in parts):
            return Data(known)
        return choose([data_of(part) for part in parts])
    return Data(known)


def id_in(value: Value | None) -> ValidatorShape | None:
    """Give the validator that says what is given for an id: of one table, whichever way was taken, or no id at all."""
    found = [option for option in options(value) if option is not None]
    if value is None or len(found) != len(options(value)):
        return None
    shapes = [option.known for option in found if isinstance(option, Data)]
    if len(shapes) + sum(isinstance(option, Constant) and option.value is None for option in found) < len(
        found
    ):
        return None
    kinds = {(shape.kind, shape.table) for shape in shapes}
    return shapes[0] if len(kinds) == 1 else None


def written_shape(value: Value | None, place: Place) -> ValidatorShape | None:
    """Give the shape of an object that is written, as far as it is known; None when it is no object in sight."""
    if isinstance(value, Data):
        return value.known if value.known.kind == "object" else None
    if not isinstance(value, Record) or value.changed:
        return None
    fields: dict[str, ValidatorShape] = {}
    complete = value.complete
    if value.base is not None:
        base = written_shape(value.base, place)
        fields.update(base.fields if base is not None else {})
        complete = complete and base is not None and base.complete
    for name, item in value.fields.items():
        node = value.nodes.get(name)
        at = Place(place.source, node.start, node.end) if node is not None else place
        absent = isinstance(item, Constant) and item.value is None  # perhaps `undefined`
        unknown = ValidatorShape("unknown", at, optional=absent, complete=False)
        fields[name] = item.known if isinstance(item, Data) else unknown
    return ValidatorShape("object", place, fields=fields, complete=complete)


def without(value: Data, names: set[str | None]) -> Value | None:
    """Give what is left of an object without some of its fields."""
    if value.known.kind != "object" or None in names:
        return None
    fields = {name: shape for name, shape in value.known.fields.items() if name not in names}
    return Data(replace(value.known, fields=fields))


@lru_cache(maxsize=1024)
def data_named(annotation: str | None) -> tuple[str, str] | None:
    """Read a type that names an id or a document of one table: `Id<"tasks">`, `Doc<"tasks"> | null`."""
    found = _NAMED.match(_NOTHING.sub("", annotation.strip())) if annotation else None
    return (found.group(1), found.group(2)) if found else None


class Documents:
    """The documents of a backend's tables, as values."""

    def __init__(self, schema: Schema | None) -> None:
        self._schema = schema
        self._known: dict[str, Data] = {}

    def id(self, table: str, place: Place) -> Data:
        """Give an id of a table."""
        return Data(ValidatorShape("id", place, table=table))

    def document(self, table: str | None, place: Place) -> Value | None:
        """Give a document of a table."""
        if table is None:
            return None
        if table not in self._known:
            known = self._schema.tables.get(table) if self._schema is not None else None
            shape = known.document if known is not None else None
            at = known.place if known is not None else place
            self._known[table] = Data(_stored(shape, table, at), table)
        return self._known[table]

    def named(self, annotation: str | None, place: Place) -> Value | None:
        """Give what a type promises that names an id or a document."""
        found = data_named(annotation)
        if found is None:
            return None
        return self.id(found[1], place) if found[0] == "Id" else self.document(found[1], place)


def _stored(shape: ValidatorShape | None, table: str, place: Place) -> ValidatorShape:
    """Give a document's shape with the fields that Convex adds."""
    if shape is not None and shape.kind == "union":
        members = tuple(_stored(member, table, place) for member in shape.members)
        return replace(shape, members=members)
    system = {
        _ID: ValidatorShape("id", place, table=table),
        "_creationTime": ValidatorShape("float64", place),
    }
    if shape is None or shape.kind != "object":
        return ValidatorShape("object", place, fields=system, complete=False)
    return replace(shape, fields={**shape.fields, **system})
