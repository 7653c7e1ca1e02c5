"""An event of the trace, and what its kinds mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from biconvex.sim.kernel.clock import NS_PER_SECOND

__all__ = ["EVENT_KINDS", "HEADER", "Event", "legend"]

EVENT_KINDS: Final = {
    "call": "a test calls a function",
    "http": "a request comes to the deployment",
    "http end": "it is answered",
    "start": "a function begins to run; a mutation that is retried begins anew",
    "end": "it has ended, or failed",
    "cached": "a query is answered by an earlier run of it",
    "get": "a document is read by its id",
    "query": "documents are read by a query",
    "page": "a page of documents is read",
    "vectorSearch": "documents are looked for by a vector",
    "insert": "a document is inserted",
    "patch": "a document is patched",
    "replace": "a document is replaced",
    "delete": "a document is deleted",
    "schedule": "a function is scheduled",
    "cancel": "a scheduled function is cancelled",
    "store": "a file is stored",
    "delete file": "a file is deleted",
    "request": "a function asks the world outside",
    "reply": "the answer has come",
    "log": "a line of a function's log",
    "commit": "what a mutation wrote takes effect",
    "conflict": "it can't: what it had read has changed",
    "job": "a scheduled function has ended",
    "cron": "a cron job is due",
    "cron end": "its run has ended",
    "audit": "a line of the audit log",
    "subscribed": "a client subscribes to a query",
    "update": "it gets a new result",
    "unsubscribed": "it no longer wants any",
    "finding": "a guideline was not kept",
    "fault": "the simulation made something go wrong",
    "violation": "an invariant did not hold",
}
"""Every kind of event, and what it tells."""

HEADER: Final = "number  virtual time (UTC)         run  kind          subject and detail"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Event(msgspec.Struct, frozen=True):
    """One event. `run` is the number of the function run it belongs to (0: none), `detail` is JSON-able."""

    number: int
    time_ns: int
    run: int
    kind: str
    subject: str
    detail: Any = None

    def __str__(self) -> str:
        seconds, rest = divmod(self.time_ns, NS_PER_SECOND)
        when = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
        detail = "" if self.detail is None else "  " + msgspec.json.encode(self.detail).decode()
        when = f"{when}.{rest // 1_000_000:03}"
        return f"{self.number:>6}  {when}  {self.run:>5}  {self.kind:<12}  {self.subject}{detail}"


def legend(kinds: set[str]) -> list[str]:
    """What each of these kinds tells, a line each, in the order of `EVENT_KINDS`."""
    return [f"  {kind:<12}  {meaning}" for kind, meaning in EVENT_KINDS.items() if kind in kinds]
