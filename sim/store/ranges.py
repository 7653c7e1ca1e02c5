"""Index ranges: from the comparisons of a query to one interval of keys. Source: semantics §5.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.values import DeveloperError, display, index_key

from .document import after_key, after_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .schema import Path

__all__ = ["Comparison", "compile_range"]

_DOCS: Final = "https://docs.convex.dev/using/indexes"
_SIGNS: Final = {"Eq": "==", "Gt": ">", "Gte": ">=", "Lt": "<", "Lte": "<="}


class Comparison(msgspec.Struct, frozen=True):
    """One comparison of an index range: its kind (`Eq`, `Gt`, `Gte`, `Lt`, `Lte`), the field and the value."""

    kind: str
    field: Path
    value: Any


def compile_range(name: str, fields: tuple[Path, ...], range_: Sequence[Comparison]) -> tuple[bytes, bytes]:
    """The interval `[start, end)` of keys that a range of the index `name` (`table.index`) selects.

    `fields` are the index's own with `_creationTime`, but without `_id`.
    """
    equalities, inequality, lower, upper = _split(name, range_)
    _check_fields(name, fields, equalities, inequality)
    every_field = (*fields, ("_id",))
    prefix = b"".join(index_key(equalities[field]) for field in every_field if field in equalities)
    width = len(equalities) + 1

    start = prefix
    if lower is not None:
        start += index_key(lower.value)
        if lower.kind == "Gt":
            start = after_prefix(start)
    if upper is None:
        return start, _after(prefix, len(equalities) == len(every_field))
    end = prefix + index_key(upper.value)
    return start, end if upper.kind == "Lt" else _after(end, width == len(every_field))


def _after(key: bytes, complete: bool) -> bytes:
    return after_key(key) if complete else after_prefix(key)


def _split(
    name: str, range_: Sequence[Comparison]
) -> tuple[dict[Path, Any], Path | None, Comparison | None, Comparison | None]:
    equalities: dict[Path, Any] = {}
    inequality: Path | None = None
    lower: Comparison | None = None
    upper: Comparison | None = None
    for comparison in range_:
        field = comparison.field
        if comparison.kind == "Eq":
            if field in equalities:
                # The value shown is the first one's: so does the backend.
                raise _already_defined("equality", Comparison("Eq", field, equalities[field]))
            equalities[field] = comparison.value
            continue
        is_upper = comparison.kind in ("Lt", "Lte")
        if (upper if is_upper else lower) is not None:
            raise _already_defined("upper" if is_upper else "lower", comparison)
        if inequality is not None and inequality != field:
            raise DeveloperError(
                "BoundsOnMultipleFields",
                "Upper and lower bounds in `range` can only be applied to a single index field. "
                f"This query against index {name} attempted to set a range bound on both {_shown(inequality)} "
                f"and {_shown(field)}. Consider using `filter` instead. See {_DOCS} for more info.",
            )
        inequality = field
        if is_upper:
            upper = comparison
        else:
            lower = comparison
    if inequality is not None and inequality in equalities:
        raise _already_defined("inequality", Comparison("Eq", inequality, equalities[inequality]))
    return equalities, inequality, lower, upper


def _check_fields(
    name: str, fields: tuple[Path, ...], equalities: dict[Path, Any], inequality: Path | None
) -> None:
    every_field = (*fields, ("_id",))
    for field in [*sorted(equalities), *((inequality,) if inequality is not None else ())]:
        if field not in every_field:
            raise DeveloperError(
                "FieldNotInIndex",
                f"The index range included a comparison with {_shown(field)}, but {name} with fields "
                f"{_list(fields)} doesn't index this field. For more information see {_DOCS}.",
            )
    used = sorted(equalities, key=every_field.index)
    if inequality is not None:
        used.append(inequality)
    for field, expected in zip(used, every_field, strict=False):
        if field != expected:
            raise DeveloperError(
                "InvalidIndexRange",
                f"Tried to query index {name} but the query didn't use the index fields in order.\n"
                f"Index fields: {_list(fields)}\n"
                f"Query fields: {_list(used)}\n"
                f"First incorrect field: {_shown(field)}\n"
                f"For more information see {_DOCS}.",
            )


def _already_defined(bound: str, comparison: Comparison) -> DeveloperError:
    return DeveloperError(
        "AlreadyDefinedBound",
        f"Already defined {bound} bound in index range. Can't add {_shown(comparison.field)} "
        f"{_SIGNS[comparison.kind]} {display(comparison.value)}.",
    )


def _shown(field: Path) -> str:
    return f'"{".".join(field)}"'


def _list(fields: Sequence[Path]) -> str:
    return f"[{', '.join(map(_shown, fields))}]"
