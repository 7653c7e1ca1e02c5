"""What code asks of the database: query chains with their indexes and filters, and what becomes of the results.

Part of the backend model; rules import these names from `biconvex.lint.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from biconvex.lint import syntax
    from biconvex.lint.declarations import Body, Place, ValidatorShape

__all__ = ["ArrayUse", "Filter", "FilterCondition", "IndexUse", "QueryChain", "RangeStep"]


class RangeStep(msgspec.Struct, frozen=True, eq=False):
    """One step of an index range or search filter: `q.eq("field", value)`. `field` is None unless literal.

    `given` is the validator of the value, where data flow tells: of kind `id` for an id and for what is cast to one.
    """

    operation: Literal["eq", "gt", "gte", "lt", "lte", "search"]
    field: str | None
    place: Place
    field_place: Place
    value: syntax.Node | None
    given: ValidatorShape | None = None


class IndexUse(msgspec.Struct, frozen=True, eq=False):
    """`withIndex`, `withSearchIndex` or `ctx.vectorSearch`. `name` is None when not literal, `table` when not known.

    `ranges` has each range that the callback may return (more than one after a ternary); it is empty without
    a callback and None when the callback can't be followed. Of a vector search it has one, of all the
    comparisons in the filter. `place` is the call from the method's name on, of a vector search all of it.
    """

    table: str | None
    name: str | None
    kind: Literal["database", "search", "vector"]
    ranges: tuple[tuple[RangeStep, ...], ...] | None
    place: Place
    name_place: Place
    body: Body | None


class FilterCondition(msgspec.Struct, frozen=True, eq=False):
    """A comparison of a field with something else that every document must meet: `q.eq(q.field("a"), value)`."""

    operation: Literal["eq", "neq", "gt", "gte", "lt", "lte"]
    field: str
    value: syntax.Node | None


class Filter(msgspec.Struct, frozen=True, eq=False):
    """A `.filter(…)` on a query; `place` is the call from the method's name on.

    `conditions` are comparisons that it requires, all of them; with `complete` it requires nothing else.
    """

    place: Place
    conditions: tuple[FilterCondition, ...] = ()
    complete: bool = False


class QueryChain(msgspec.Struct, frozen=True, eq=False):
    """A database query from `query("table")` to its terminal, followed through local variables.

    `terminal` is `iterate` for an async loop over the query and None when the query leaves our sight. `limit`
    is the constant of `take(n)`, or of the `numItems` of `paginate`. `complete` is false when parts of the chain may
    be missing. `library` marks a query on what a helper library made of `ctx.db`: its terminals are its own.
    `stray` is the call of a method that queries do not have, from its name on, which ends what can be followed.
    """

    table: str | None
    place: Place
    system: bool
    full_scan: bool
    index: IndexUse | None
    filters: tuple[Filter, ...]
    order: Literal["asc", "desc"] | None
    terminal: Literal["collect", "take", "first", "unique", "paginate", "count", "iterate"] | None
    limit: int | None
    complete: bool
    library: bool = False
    stray: Place | None = None


class ArrayUse(msgspec.Struct, frozen=True, eq=False):
    """One use of the array of documents that a query gave.

    `operation` is `length` (also `len(xs)`), `at` (an element by its position, also by destructuring), `slice`,
    `iterate` (a loop over it), or the name of an array's method that is called on it (`filter`, `sort`, `map`).
    `key` is the constant position of `at`; `node` is the whole expression or loop.
    """

    operation: str
    place: Place
    node: syntax.Node
    key: int | None = None
