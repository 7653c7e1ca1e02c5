"""Database queries: the chain from `query("table")` to its terminal, and the ranges of its indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import msgspec
from biconvex.lint import syntax
from biconvex.lint.analysis.data import id_in
from biconvex.lint.analysis.filters import filter_at
from biconvex.lint.analysis.values import (
    Closure,
    Constant,
    Method,
    Pending,
    Record,
    Sequence,
    Value,
    choose,
    options,
)
from biconvex.lint.model import Filter, IndexUse, Place, QueryChain, RangeStep
from msgspec.structs import replace

if TYPE_CHECKING:
    from biconvex.lint.analysis.facts import CallContext
    from biconvex.lint.analysis.values import CallSite

__all__ = ["Chain", "QueryRecord", "constant", "vector_steps"]

Terminal = Literal["collect", "take", "first", "unique", "paginate", "count", "iterate"]
Ranges = tuple[tuple[RangeStep, ...], ...]
RangeOperation = Literal["eq", "gt", "gte", "lt", "lte", "search"]

_TERMINALS = frozenset({"collect", "take", "first", "unique", "paginate", "count"})
_RANGE_OPERATIONS = frozenset({"eq", "gt", "gte", "lt", "lte", "search"})


class QueryRecord(msgspec.Struct, eq=False):
    """One `db.query(…)` call: where it stands, and whether a terminal was seen on it.

    `last` is the longest chain on it, for a query that leaves our sight without a terminal.
    """

    node: syntax.Node
    place: Place
    context: CallContext
    table: str | None
    system: bool
    library: bool = False
    last: Chain | None = None
    finished: bool = False


class Chain(Value):
    """A query that is being built."""

    record: QueryRecord
    index: IndexUse | None = None
    filters: tuple[Filter, ...] = ()
    direction: Literal["asc", "desc"] | None = None
    full_scan: bool = False
    complete: bool = True
    stray: Place | None = None

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name in _TERMINALS:
            return self._finish(cast("Terminal", name), site)
        longer = self._extend(name, site)
        if longer is not None:
            self.record.last = next((each for each in options(longer) if isinstance(each, Chain)), self)
        return longer

    def _extend(self, name: str, site: CallSite) -> Value | None:
        match name:
            case "withIndex":
                return self._indexed("database", site)
            case "withSearchIndex":
                return self._indexed("search", site)
            case "filter":
                return replace(self, filters=(*self.filters, filter_at(site, method_place(site))))
            case "order":
                direction = constant(site.argument(0))
                known = direction in {"asc", "desc"}
                return replace(self, direction=cast("Literal['asc', 'desc']", direction) if known else None)
            case "fullTableScan":
                return replace(self, full_scan=True)
            case "limit":
                return self
        self.record.last = replace(self, complete=False, stray=method_place(site))
        return None

    def _indexed(self, kind: Literal["database", "search"], site: CallSite) -> Value | None:
        """Take an index, or one of several that a ternary chooses from."""
        ranges = _ranges(site)
        uses = [_index_use(self, kind, name, ranges, site) for name in options(site.argument(0))]
        return choose([replace(self, index=use) for use in uses])

    def _finish(self, terminal: Terminal, site: CallSite) -> Value | None:
        given = site.argument(0)
        limit = constant(given) if terminal == "take" else None
        if terminal == "paginate" and isinstance(given, Record):
            limit = constant(given.member("numItems"))
        chain = self.freeze(terminal, limit if type(limit) is int else None)
        self.record.finished = True
        draft, result = site.evaluator.query_use(site, self.record, chain)
        inner: Value | None = None
        if terminal in {"collect", "take"}:
            inner = Sequence(chain.limit, chain, result=result, element=self._document(site))
        elif terminal == "paginate":
            page = Sequence(chain.limit, chain, element=self._document(site))
            inner = Record({"page": page}, complete=False)
        elif terminal in {"first", "unique"}:
            inner = self._document(site)
        return Pending((draft,) if draft else (), inner)

    def _document(self, site: CallSite) -> Value | None:
        """Give what is known of each document that it finds."""
        known = not self.record.library and not self.record.system
        return site.evaluator.documents.document(self.record.table, self.record.place) if known else None

    def freeze(self, terminal: Terminal | None, limit: int | None) -> QueryChain:
        """Give the chain as a fact."""
        return QueryChain(
            table=self.record.table,
            place=self.record.place,
            system=self.record.system,
            full_scan=self.full_scan,
            index=self.index,
            filters=self.filters,
            order=self.direction,
            terminal=terminal,
            limit=limit,
            complete=self.complete and terminal is not None,
            library=self.record.library,
            stray=self.stray,
        )


def constant(value: Value | None) -> str | int | float | bool | None:
    """Give the value of a constant; None when it is not one."""
    return value.value if isinstance(value, Constant) else None


def method_place(site: CallSite) -> Place:
    """Give the place of a method call from the method's name on: `filter(…)`."""
    callee = site.node.callee
    start = callee.name_start if isinstance(callee, syntax.Member) else site.node.start
    return Place(site.scope.module.source, start, site.node.end)


# --- index ranges ------------------------------------------------------------------------------------------


class _Range(Value):
    """The builder that an index range's callback gets, with the steps taken on it."""

    steps: tuple[RangeStep, ...] = ()

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives; `or` is there in the filters of vector searches."""
        if name == "or" and all(isinstance(part, _Range) for part in site.arguments):
            parts = [part.steps for part in site.arguments if isinstance(part, _Range)]
            return _Range(tuple(step for steps in parts for step in steps))
        if name not in _RANGE_OPERATIONS:
            return None
        field, node = constant(site.argument(0)), site.argument_node(0)
        source = site.scope.module.source
        place = method_place(site)
        step = RangeStep(
            operation=cast("RangeOperation", name),
            field=field if isinstance(field, str) else None,
            place=place,
            field_place=Place(source, node.start, node.end) if node else place,
            value=site.argument_node(1),
            given=id_in(site.argument(1)),
        )
        return _Range((*self.steps, step))


def _index_use(
    chain: Chain,
    kind: Literal["database", "search"],
    given: Value | None,
    ranges: Ranges | None,
    site: CallSite,
) -> IndexUse:
    name, node = constant(given), site.argument_node(0)
    place = method_place(site)
    use = IndexUse(
        table=chain.record.table,
        name=name if isinstance(name, str) else None,
        kind=kind,
        ranges=ranges,
        place=place,
        name_place=Place(place.source, node.start, node.end) if node else place,
        body=site.evaluator.current_body,
    )
    site.evaluator.index_use(site.node, use)
    return use


def _ranges(site: CallSite) -> Ranges | None:
    """Give each range that the callback may return; None when it can't be followed."""
    if not site.complete:
        return None
    if site.argument_node(1) is None:
        return ()
    callback = site.argument(1)
    if isinstance(callback, Constant) and callback.value is None:
        return ()
    if not isinstance(callback, Closure):
        return None
    found = options(site.evaluator.inline(callback, [_Range()]))
    if not all(isinstance(option, _Range) for option in found):
        return None
    return tuple(option.steps for option in found if isinstance(option, _Range))


def vector_steps(callback: Value | None, site: CallSite) -> Ranges | None:
    """Give the comparisons in the filter of a vector search; None when it can't be followed."""
    if not isinstance(callback, Closure):
        return () if callback is None and site.complete else None
    found = site.evaluator.inline(callback, [_Range()])
    return (found.steps,) if isinstance(found, _Range) else None
