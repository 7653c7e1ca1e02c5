"""Whether a value that is written in the source can match a validator (semantics §3.2).

A mismatch is certain: of what is computed, spread or out of sight nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from biconvex.lint import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import ValidatorShape

__all__ = ["Mismatch", "mismatches", "required"]

_LITERALS: dict[str, frozenset[str]] = {
    "string": frozenset(("string", "id")),
    "number": frozenset(("float64",)),
    "boolean": frozenset(("boolean",)),
    "null": frozenset(("null",)),
    "bigint": frozenset(("int64",)),
    "bytes": frozenset(("bytes",)),
}
"""The kinds of validators that a kind of literal can match."""

_NAMES = {
    "float64": "a number", "int64": "an int64", "boolean": "a boolean", "string": "a string", "null": "null",
    "bytes": "bytes", "id": "a document id", "array": "an array", "object": "an object", "record": "an object",
}  # fmt: skip
_GIVEN = {
    "string": "a string", "number": "a number", "boolean": "a boolean", "null": "null", "bigint": "a bigint",
    "bytes": "bytes",
}  # fmt: skip
_OPEN = frozenset({"any", "unknown"})
_SILENCING = frozenset({"any", "never", "unknown", "Any", "typing.Any"})
"""The types to which a value is cast so that the type check says nothing."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is wrong with a written value.

    `path` leads to it (`options.limit`, empty for the whole). An `unknown` field stands at `node`; a `missing` one
    is missing in the object `node`; a `wrong` value is `node`. `detail` is the field's name, or says what is wrong:
    `takes a string, not a number`.
    """

    sort: Literal["wrong", "unknown", "missing"]
    node: syntax.Node
    path: str
    detail: str


def required(shape: ValidatorShape) -> tuple[str, ...]:
    """Give the fields that an object must have."""
    return tuple(
        name for name, field in shape.fields.items() if not field.optional and field.kind not in {"unknown"}
    )


def mismatches(shape: ValidatorShape, node: syntax.Node, path: str = "") -> Iterator[Mismatch]:
    """Give every part of a written value that can't match."""
    while isinstance(node, syntax.Cast):
        if node.type in _SILENCING:  # whoever writes that knows that it doesn't fit
            return
        node = node.value
    if shape.kind in _OPEN or (shape.optional and _is_undefined(node)):
        return
    if shape.kind == "union":
        yield from _union(shape, node, path)
    elif isinstance(node, syntax.Object):
        if shape.kind == "object":
            yield from _object(shape, node, path)
        elif shape.kind != "record":
            yield _wrong(shape, node, path, "an object")
    elif isinstance(node, syntax.Array):
        if shape.kind == "array":
            for at, element in enumerate(node.elements):
                if not isinstance(element, syntax.Spread):
                    yield from mismatches(shape.members[0], element, f"{path}[{at}]")
        else:
            yield _wrong(shape, node, path, "an array")
    elif isinstance(node, syntax.Template):
        if shape.kind not in {"string", "id", "literal"}:
            yield _wrong(shape, node, path, "a string")
    elif isinstance(node, syntax.Literal) and node.kind in _LITERALS:
        yield from _literal(shape, node, path)


def _literal(shape: ValidatorShape, node: syntax.Literal, path: str) -> Iterator[Mismatch]:
    if shape.kind != "literal":
        if shape.kind not in _LITERALS[node.kind]:
            yield _wrong(shape, node, path, _GIVEN[node.kind])
    elif shape.complete and shape.value is not None and node.kind not in {"bigint", "bytes"}:
        same_type = isinstance(shape.value, bool) == isinstance(node.value, bool)
        if not (same_type and shape.value == node.value):
            given = "null" if node.value is None else f"`{node.value}`"
            yield Mismatch("wrong", node, path, f"takes `{shape.value}`, not {given}")


def _union(shape: ValidatorShape, node: syntax.Node, path: str) -> Iterator[Mismatch]:
    if not shape.complete or not shape.members:
        return
    each = [list(mismatches(member, node, path)) for member in shape.members]
    if not all(each):
        return
    if all(member.kind == "literal" for member in shape.members) and isinstance(node, syntax.Literal):
        values = ", ".join(f"`{member.value}`" for member in shape.members)
        yield Mismatch("wrong", node, path, f"takes one of {values}, not `{node.value}`")
    else:
        yield Mismatch("wrong", node, path, "has no alternative of this form")


def _object(shape: ValidatorShape, node: syntax.Object, path: str) -> Iterator[Mismatch]:
    given: dict[str, syntax.Property] = {}
    everything = True
    for item in node.properties:
        if isinstance(item, syntax.Spread) or item.key is None:
            everything = False
        else:
            given[item.key] = item
    for name, item in given.items():
        field = shape.fields.get(name)
        if field is not None:
            yield from mismatches(field, item.value, f"{path}.{name}" if path else name)
        elif shape.complete and not _is_undefined(item.value):
            yield Mismatch("unknown", item, path, name)
    for name in required(shape) if everything else ():
        if name not in given or _is_undefined(given[name].value):
            yield Mismatch("missing", node, path, name)


def _wrong(shape: ValidatorShape, node: syntax.Node, path: str, given: str) -> Mismatch:
    wanted = f"`{shape.value}`" if shape.kind == "literal" else _NAMES.get(shape.kind, shape.kind)
    return Mismatch("wrong", node, path, f"takes {wanted}, not {given}")


def _is_undefined(node: syntax.Node) -> bool:
    while isinstance(node, syntax.Cast):
        node = node.value
    return isinstance(node, syntax.Literal) and node.kind == "undefined"
