"""Validators: `v.string()`, `v.object({…})`, in constants, spread, picked and extended (semantics §3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.values import Constant, Method, Record, Sequence, Value
from biconvex.lint.model import Place, ValidatorShape
from msgspec.structs import replace

if TYPE_CHECKING:
    from biconvex.lint.analysis.values import CallSite

__all__ = ["Validator", "build_validator", "shape_of"]

_SIMPLE = {
    "null": "null", "number": "float64", "float64": "float64", "bigint": "int64", "int64": "int64",
    "boolean": "boolean", "string": "string", "bytes": "bytes", "any": "any", "commitTs": "int64", "commit_ts": "int64",
}  # fmt: skip


class Validator(Value):
    """A validator of which the shape is known."""

    known: ValidatorShape

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        if name == "fields" and self.known.kind == "object":
            fields: dict[str, Value | None] = {
                key: Validator(shape) for key, shape in self.known.fields.items()
            }
            return Record(fields, complete=self.known.complete)
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if self.known.kind != "object":
            return None
        known, place = self.known, Place(site.scope.module.source, site.node.start, site.node.end)
        names = {constant(value) for value in site.arguments}
        match name:
            case "pick" if site.complete:
                kept = {key: shape for key, shape in known.fields.items() if key in names}
                return Validator(replace(known, place=place, fields=kept))
            case "omit" if site.complete:
                kept = {key: shape for key, shape in known.fields.items() if key not in names}
                return Validator(replace(known, place=place, fields=kept))
            case "partial":
                loose = {key: replace(shape, optional=True) for key, shape in known.fields.items()}
                return Validator(replace(known, place=place, fields=loose))
            case "extend":
                more = shape_of(site.argument(0), place)
                complete = known.complete and more.kind == "object" and more.complete
                return Validator(
                    replace(known, place=place, fields={**known.fields, **more.fields}, complete=complete)
                )
        return None


def shape_of(value: Value | None, place: Place) -> ValidatorShape:
    """Give the shape of a validator, or of an object of validators; `place` is where it is used."""
    if isinstance(value, Validator):
        return value.known
    if not isinstance(value, Record):
        return ValidatorShape("unknown", place, complete=False)
    fields: dict[str, ValidatorShape] = {}
    for name, item in value.fields.items():
        node = value.nodes.get(name)
        at = Place(place.source, node.start, node.end) if node else place
        fields[name] = shape_of(item, at)
    return ValidatorShape("object", place, fields=fields, complete=value.complete and value.base is None)


def build_validator(name: str, site: CallSite) -> Value:
    """Give what `v.name(…)` builds: of an unknown kind for a builder that Convex does not have."""
    shape = _built(name, site)
    callee = site.node.callee
    if shape.builder is None and isinstance(callee, syntax.Member):
        shape = replace(shape, builder=Place(site.scope.module.source, callee.name_start, callee.end))
    return Validator(shape)


def _built(name: str, site: CallSite) -> ValidatorShape:
    place = Place(site.scope.module.source, site.node.start, site.node.end)
    if name in _SIMPLE:
        return ValidatorShape(_SIMPLE[name], place)
    members = [shape_of(value, _argument_place(site, at)) for at, value in enumerate(site.arguments)]
    first = members[0] if members else ValidatorShape("unknown", place, complete=False)
    match name:
        case "id":
            table = constant(site.argument(0))
            return ValidatorShape("id", place, table=table if isinstance(table, str) else None)
        case "literal":
            given = site.argument(0)
            known = isinstance(given, Constant)
            return ValidatorShape("literal", place, value=constant(given), complete=known)
        case "array":
            return ValidatorShape("array", place, members=(first,))
        case "optional":
            return replace(first, place=place, optional=True)
        case "object":
            known = first.kind == "object"
            return ValidatorShape("object", place, fields=first.fields, complete=known and first.complete)
        case "record":
            return ValidatorShape("record", place, members=tuple(members))
        case "nullable":
            return ValidatorShape("union", place, members=(first, ValidatorShape("null", place)))
        case "union":
            return _union(place, members, site)
    return ValidatorShape("unknown", place, complete=False)


def _union(place: Place, members: list[ValidatorShape], site: CallSite) -> ValidatorShape:
    """Join the members; `v.union(...literals)` with a known array has its elements."""
    if not site.complete:
        spread = [
            value for value in site.arguments if isinstance(value, Sequence) and value.items is not None
        ]
        if len(site.arguments) == len(spread) == 1:
            members = [shape_of(item, place) for item in spread[0].items or ()]
        else:
            return ValidatorShape("union", place, members=tuple(members[: site.spread]), complete=False)
    return ValidatorShape("union", place, members=tuple(members))


def _argument_place(site: CallSite, position: int) -> Place:
    node = site.argument_node(position) or site.node
    return Place(site.scope.module.source, node.start, node.end)
