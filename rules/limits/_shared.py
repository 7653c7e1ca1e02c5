"""What the rules about limits have in common: queries that read whole tables, and what becomes of their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.lookup import asked_for_zero
from biconvex.rules.limits.bounds import picks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import ArrayUse, Backend, DatabaseUse, Loop, QueryChain

__all__ = [
    "MOST_READ",
    "WRITES",
    "counts",
    "few_needed",
    "reads_all",
    "source_loops",
    "table_of",
    "written_in_loops",
]

MOST_READ = 32_000
"""As many documents as one transaction may read (semantics §7)."""

WRITES = frozenset({"insert", "patch", "replace", "delete"})


def reads_all(chain: QueryChain) -> bool:
    """Tell whether a query surely reads a whole table, however large that is."""
    if not chain.complete or chain.library or chain.terminal not in {"collect", "iterate"}:
        return False
    use = chain.index
    return use is None or (use.kind == "database" and use.ranges is not None and not any(use.ranges))


def table_of(chain: QueryChain) -> str:
    """Name the table of a query for a message."""
    return f"`{chain.table}`" if chain.table else "the table"


def counts(call: DatabaseUse) -> bool:
    """Tell whether of all documents that a query collects only their number is used."""
    return _collects(call) and all(use.operation == "length" for use in call.uses)


def few_needed(backend: Backend, call: DatabaseUse) -> int | None:
    """Say how many documents are used of all that a query collects; None when that isn't a known, small number.

    Of the last one (`xs.at(-1)`) it says 1. Whether there are any may be asked as well, but not how many there are.
    """
    if not _collects(call):
        return None
    needed = [_needed(use) for use in call.uses if use.operation != "length"]
    if not needed or any(number is None for number in needed) or _counted_too(backend, call):
        return None
    return max(number or 0 for number in needed)


def _counted_too(backend: Backend, call: DatabaseUse) -> bool:
    """Tell whether more is asked of the number of documents than whether there are any."""
    lengths = [use for use in call.uses if use.operation == "length"]
    paths = {use.place.source.path for use in lengths}
    modules = [module for module in backend.modules.values() if module.source.path in paths]
    return len(modules) < len(paths) or not all(
        asked_for_zero(module, [use.node for use in lengths if use.place.source.path == module.source.path])
        for module in modules
    )


def _collects(call: DatabaseUse) -> bool:
    """Tell whether a query collects what it finds, and all uses of that are known."""
    if not call.uses or not call.all_uses:
        return False
    return bool(call.chains) and all(chain.terminal == "collect" and chain.complete for chain in call.chains)


def _needed(use: ArrayUse) -> int | None:
    """Say how many documents, from the beginning or the end, one use needs."""
    if use.operation == "at" and use.key is not None:
        return use.key + 1 if use.key >= 0 else (1 if use.key == -1 else None)
    if use.operation != "slice":
        return None
    if isinstance(use.node, syntax.Call):
        begin, end = use.node.arguments if len(use.node.arguments) == 2 else (None, None)
        return _number(end) if _number(begin) == 0 else None
    index = use.node.index if isinstance(use.node, syntax.Index) else None
    parts = index.children if isinstance(index, syntax.Other) else []
    # `xs[:5]` has one part, behind the colon
    return _number(parts[0]) if len(parts) == 1 and index and parts[0].start > index.start else None


def _number(node: syntax.Node | None) -> int | None:
    return node.value if isinstance(node, syntax.Literal) and type(node.value) is int else None


def source_loops(call: DatabaseUse) -> Iterator[Loop]:
    """Give the loops around a call that go through all documents of a table."""
    for loop in call.loops:
        if loop.query is not None and reads_all(loop.query):
            yield loop


def written_in_loops(backend: Backend) -> dict[QueryChain, DatabaseUse]:
    """Give the queries of whole tables for each of whose documents something is written, with the first write."""
    found: dict[QueryChain, DatabaseUse] = {}
    for call in backend.database_uses:
        if call.operation in WRITES and not call.leaves_loop:
            for loop in source_loops(call):
                if loop.query is not None and not ends_early(loop.node) and not picks(loop, call):
                    found.setdefault(loop.query, call)
    return found


def ends_early(loop: syntax.Node) -> bool:
    """Tell whether a loop has a `break` or a `return`: it may go through a part only."""
    stack = [(node, True) for node in loop.body] if isinstance(loop, syntax.Loop) else []
    while stack:
        node, own = stack.pop()
        if isinstance(node, syntax.Return):
            return True
        if isinstance(node, syntax.Other) and node.kind == "break" and own:
            return True
        if not isinstance(node, syntax.Function):
            inner = isinstance(node, syntax.Loop) or (
                isinstance(node, syntax.Other) and node.kind == "switch"
            )
            stack += [(child, own and not inner) for child in syntax.children(node)]
    return False
