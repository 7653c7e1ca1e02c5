"""Documents that travel ahead: with a call go those that the function is expected to get first.

Many functions get the documents that their arguments name before they do anything else. From a host in another process
each of these is a round trip, a good part of a small call. Which arguments these are is seen from the call before: a
guess, which changes nothing of what the function sees, nor of what is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.hosts.protocol import Settled, Step
from biconvex.sim.values import DeveloperError, Value, decode_id

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.store import Document, Transaction

__all__ = ["GET", "Ahead", "documents_ahead", "first_gets"]

GET: Final = "1.0/get"
_MOST: Final = 4

Ahead = dict[str, tuple[str, str]]
"""The table and the JSON text of documents, by id."""


def documents_ahead(run: Run, args: Value) -> Ahead:
    """The documents that a run, which has not begun, is expected to get first; none if reading them all might fail."""
    transaction, names = run.tx, run.function.gets_first
    found: Ahead = {}
    if not names or type(args) is not dict:
        return found
    size = 0
    for name in names:
        document = _document(transaction, args.get(name))
        if document is None:
            return {}
        # Functions of a component know their tables by another name than the store.
        table = document.table.partition("@")[0] if transaction.component else document.table
        found[document.id] = (table, document.json)
        size += document.size
    limits = transaction.limits
    may_fail = len(found) > min(limits.documents_read, limits.database_queries) or size > limits.bytes_read
    return {} if may_fail else found


def first_gets(args: Value, first: Step) -> tuple[str, ...]:
    """The names of the arguments whose documents a function got before anything else, going by its first step."""
    calls = () if isinstance(first, Settled) else first.calls
    if not first.got and not (calls and calls[0].op == GET):
        return ()
    got = [arguments["id"] for arguments in first.got]
    if all(call.op == GET for call in calls):
        got += [call.arguments.get("id") for call in calls if type(call.arguments) is dict]
    if not got or type(args) is not dict:
        return ()
    return tuple(name for name, value in args.items() if type(value) is str and value in got)[:_MOST]


def _document(transaction: Transaction, document_id: Any) -> Document | None:
    """A document of a user's table as the snapshot has it. Nothing is recorded: it is not read yet."""
    if type(document_id) is not str:
        return None
    try:
        number, _ = decode_id(document_id)
    except DeveloperError:
        return None
    name = transaction.tables.any_name_of(number)
    if name is None or name.startswith("_"):
        return None
    table = transaction.tables.get(name)
    return None if table is None else table.get(document_id, transaction.snapshot)
