"""Which index could answer a filter: one with the fields that it compares, equalities first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.rules.indexes._shared import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.model import Filter, Index, QueryChain, Table

__all__ = ["all_fields", "answering"]

_BOUNDS = frozenset({"gt", "gte", "lt", "lte"})


def all_fields(index: Index) -> tuple[str, ...]:
    """Give the fields of a database index with the one that every index ends with."""
    return (*(index.fields or ()), "_creationTime")


def answering(found: Filter, chain: QueryChain, table: Table, tables: Mapping[str, Table]) -> Index | None:
    """Find an index that narrows down to what a query reads now and what its filter keeps of that, best one first.

    Where the query asks for an order, only indexes that give the same are considered. None also where the query's own
    range is not known, or not one of equalities.
    """
    equal = {condition.field for condition in found.conditions if condition.operation == "eq"}
    bounded = {condition.field for condition in found.conditions if condition.operation in _BOUNDS}
    fixed: set[str] = set()
    order: tuple[str, ...] | None = ("_creationTime",) if chain.order is not None else None
    if chain.index is not None:
        ranges, fields = chain.index.ranges or (), fields_of(chain, tables)
        steps = [step for steps in ranges for step in steps]
        if fields is None or len(ranges) > 1 or any(step.operation != "eq" for step in steps):
            return None
        if not steps and chain.terminal == "collect":
            return None
        fixed = {step.field for step in steps if step.field is not None}
        order = fields[len(fixed) :] if chain.order is not None or not fixed else None
    best: tuple[int, bool, Index] | None = None
    for index in table.indexes.values():
        if index.kind != "database" or not index.fields or index.staged:
            continue
        fields = all_fields(index)
        length = next((at for at, field in enumerate(fields) if field not in equal | fixed), len(fields))
        taken, rest = set(fields[:length]), fields[length:]
        bound = bool(rest) and rest[0] in bounded
        if not fixed <= taken or not (taken & equal or bound) or order not in {None, rest}:
            continue
        if best is None or (length, bound) > best[:2]:
            best = (length, bound, index)
    return best[2] if best else None
