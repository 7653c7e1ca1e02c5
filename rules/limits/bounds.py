"""What keeps tables and loops small: tables that only seeds fill, loops that pick documents by a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.rules.auth.arguments import takes_nothing
from biconvex.rules.auth.identity import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Function, Loop

__all__ = ["growing_tables", "picks", "seeded_tables"]

_BEGINNINGS = frozenset({"init", "initialize", "populate", "bootstrap"})


def growing_tables(backend: Backend) -> dict[str, DatabaseUse]:
    """Give the tables that functions insert into, with the last such insert.

    Not those that only seeds fill, such as `seedPlans`: they are as large as what the code lists.
    """
    return {
        use.table: use
        for use in backend.database_uses
        if use.operation == "insert"
        and use.kinds
        and use.table is not None
        and not use.table.startswith("_")
        and not all(_is_seed(reach.function) for reach in backend.reached_by(use.body))
    }


def seeded_tables(backend: Backend) -> frozenset[str]:
    """Give the tables that only seeds insert into, as far as anything does."""
    filled = {use.table for use in backend.database_uses if use.operation == "insert" and use.kinds}
    if None in filled:  # an insert into a table whose name is computed
        return frozenset()
    return frozenset(table for table in filled if table) - growing_tables(backend).keys()


def fillers(backend: Backend) -> tuple[object, object]:
    """Give all that `growing_tables` and `seeded_tables` depend on, in the form of a rule's outlook."""
    filled = {use.table for use in backend.database_uses if use.operation == "insert" and use.kinds}
    return filled, {table: use.place for table, use in growing_tables(backend).items()}


def _is_seed(function: Function) -> bool:
    words = words_of(function.name or "")
    return "seed" in words or (bool(words) and words[0] in _BEGINNINGS and takes_nothing(function))


def picks(loop: Loop, call: DatabaseUse) -> bool:
    """Tell whether a loop over a table makes a call only for documents of which a field equals something.

    The query's filter asks for that, or an `if` around the call: `if (task.owner === args.owner)`.
    """
    filters = loop.query.filters if loop.query is not None else ()
    if any(condition.operation == "eq" for each in filters for condition in each.conditions):
        return True
    tests = (
        node.test
        for node in syntax.walk(loop.node)
        if isinstance(node, syntax.If) and any(_surrounds(part, call) for part in node.then)
    )
    return any(_asks_for_a_value(part) for test in tests for part in _parts(test))


def _surrounds(node: syntax.Node, call: DatabaseUse) -> bool:
    return node.start <= call.place.start and call.place.end <= node.end


def _parts(test: syntax.Node) -> Iterator[syntax.Node]:
    """Give the conditions that must all hold for a test to."""
    if isinstance(test, syntax.Operation) and test.operator in {"&&", "and"}:
        for part in test.operands:
            yield from _parts(part)
    else:
        yield test


def _asks_for_a_value(condition: syntax.Node) -> bool:
    """Tell whether a condition compares a member with something that is not written out."""
    if not isinstance(condition, syntax.Operation) or condition.operator not in {"===", "=="}:
        return False
    sides = condition.operands
    fields = any(isinstance(side, syntax.Member | syntax.Index) for side in sides)
    return fields and not any(isinstance(side, syntax.Literal) for side in sides)
