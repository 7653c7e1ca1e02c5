"""The `ctx` that a handler gets, by the kind of its function (semantics §1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any, Final

from biconvex.sim.server.database import DatabaseReader, DatabaseWriter
from biconvex.sim.server.filters import Expression, VectorFilterBuilder, expression
from biconvex.sim.server.link import Link
from biconvex.sim.server.meta import ActionMeta, MutationMeta, QueryMeta
from biconvex.sim.server.operation import operation
from biconvex.sim.server.references import FunctionReference, call_arguments, function_address
from biconvex.sim.server.storage import StorageActionWriter, StorageReader, StorageWriter
from biconvex.sim.values import from_json

__all__ = ["ActionCtx", "Auth", "MutationCtx", "QueryCtx", "Scheduler"]

Reference = FunctionReference | str
Arguments = Mapping[str, Any] | None
TransactionLimits = Mapping[str, int] | None
_LIMITS: Final = {
    "bytes_read": "bytesRead",
    "documents_read": "documentsRead",
    "database_queries": "databaseQueries",
    "documents_written": "documentsWritten",
    "bytes_written": "bytesWritten",
    "functions_scheduled": "functionsScheduled",
    "scheduled_function_args_bytes": "scheduledFunctionArgsBytes",
}


class Auth:
    """`ctx.auth`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @operation("ctx.auth.get_user_identity")
    async def get_user_identity(self) -> dict[str, Any] | None:
        """The caller's claims, or None when nobody is logged in."""
        identity: dict[str, Any] | None = await self._link.call("1.0/getUserIdentity", {})
        return identity


class Scheduler:
    """`ctx.scheduler`."""

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._prefix = prefix

    @operation("ctx.scheduler.run_after")
    async def run_after(self, delay_ms: float, reference: Reference, args: Arguments = None) -> str:
        """Run a mutation or action after a delay in ms; the id of the job."""
        if not isinstance(delay_ms, int | float) or isinstance(delay_ms, bool):
            raise TypeError("`delay_ms` must be a number")
        if not isfinite(delay_ms):
            raise ValueError("`delay_ms` must be a finite number")
        if delay_ms < 0:
            raise ValueError("`delay_ms` must be non-negative")
        return await self._schedule((self._link.now_ms + delay_ms) / 1000, reference, args)

    @operation("ctx.scheduler.run_at")
    async def run_at(self, time: float | datetime, reference: Reference, args: Arguments = None) -> str:
        """Run a mutation or action at a time: an aware `datetime`, or ms since the epoch."""
        if isinstance(time, datetime):
            seconds = time.timestamp()
        elif isinstance(time, int | float) and not isinstance(time, bool):
            seconds = time / 1000
        else:
            raise TypeError("The invoke time must a Date or a timestamp")
        return await self._schedule(seconds, reference, args)

    @operation("ctx.scheduler.cancel")
    async def cancel(self, job_id: str) -> None:
        """Cancel a job; nothing happens if it has finished."""
        await self._link.call(f"{self._prefix}cancel_job", {"id": job_id})

    async def _schedule(self, seconds: float, reference: Reference, args: Arguments) -> str:
        call = {**function_address(reference), "ts": seconds, "args": call_arguments(args)}
        job_id: str = await self._link.call(f"{self._prefix}schedule", call)
        return job_id


class QueryCtx:
    """What a query gets."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.db = DatabaseReader(link)
        self.auth = Auth(link)
        self.storage = StorageReader(link)
        self.meta: QueryMeta = QueryMeta(link)

    @operation("ctx.run_query")
    async def run_query(
        self,
        reference: Reference,
        args: Arguments = None,
        *,
        transaction_limits: TransactionLimits = None,
        use_stale_snapshot: bool = False,
    ) -> Any:
        """Run a query within this transaction.

        `transaction_limits` is what it may use beyond what was used already (`{"documents_read": 100}`; also
        `bytes_read`, `database_queries`, `documents_written`, `bytes_written`, `functions_scheduled` and
        `scheduled_function_args_bytes`). With `use_stale_snapshot`, in a mutation only, it reads what was there when
        the mutation began, and the mutation doesn't depend on what it reads.
        """
        if use_stale_snapshot and not isinstance(self, MutationCtx):
            raise RuntimeError("`useStaleSnapshot` is only supported in mutations, not queries.")
        kind = "snapshotQuery" if use_stale_snapshot else "query"
        return await self._run(kind, reference, args, transaction_limits)

    async def _run(self, kind: str, reference: Reference, args: Arguments, limits: TransactionLimits) -> Any:
        call = {"udfType": kind, **function_address(reference), "args": call_arguments(args)}
        if limits is not None:
            call["transactionLimits"] = _limits_json(limits)
        return from_json(await self._link.call("1.0/runUdf", call))


class MutationCtx(QueryCtx):
    """What a mutation gets."""

    db: DatabaseWriter
    storage: StorageWriter

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.db = DatabaseWriter(link)
        self.storage = StorageWriter(link)
        self.meta: MutationMeta = MutationMeta(link)
        self.scheduler = Scheduler(link, "1.0/")

    @operation("ctx.run_mutation")
    async def run_mutation(
        self, reference: Reference, args: Arguments = None, *, transaction_limits: TransactionLimits = None
    ) -> Any:
        """Run a mutation within this transaction; if it fails, its writes are undone.

        `transaction_limits` is what it may use, as for `run_query`.
        """
        return await self._run("mutation", reference, args, transaction_limits)


class ActionCtx:
    """What an action gets: no database, but calls to functions that have it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.auth = Auth(link)
        self.storage = StorageActionWriter(link)
        self.meta = ActionMeta(link)
        self.scheduler = Scheduler(link, "1.0/actions/")

    @operation("ctx.run_query")
    async def run_query(self, reference: Reference, args: Arguments = None) -> Any:
        """Run a query, in a transaction of its own."""
        return await self._run("query", reference, args)

    @operation("ctx.run_mutation")
    async def run_mutation(self, reference: Reference, args: Arguments = None) -> Any:
        """Run a mutation, in a transaction of its own."""
        return await self._run("mutation", reference, args)

    @operation("ctx.run_action")
    async def run_action(self, reference: Reference, args: Arguments = None) -> Any:
        """Run another action."""
        return await self._run("action", reference, args)

    async def vector_search(
        self,
        table: str,
        index: str,
        *,
        vector: Sequence[float],
        limit: float | None = None,
        filter: Callable[[VectorFilterBuilder], Expression] | None = None,  # noqa: A002 - Convex's name
    ) -> list[dict[str, Any]]:
        """The documents whose vectors are nearest to `vector`, best first: their `_id` and `_score` (1 is the same).

        `limit` is from 1 to 256, 10 if it isn't given; `filter` is made of `q.eq` and `q.or_`.
        """
        if not isinstance(vector, list | tuple) or not vector:
            raise TypeError("`vector` must be a non-empty Array in vectorSearch")
        query = {
            "indexName": f"{table}.{index}",
            "limit": int(limit) if isinstance(limit, float) and limit.is_integer() else limit,
            "vector": list(vector),
            "expressions": None if filter is None else expression(filter(VectorFilterBuilder())),
        }
        answer = await self._link.call("1.0/actions/vectorSearch", {"query": query})
        found: list[dict[str, Any]] = answer["results"]
        return found

    async def _run(self, kind: str, reference: Reference, args: Arguments) -> Any:
        call = {**function_address(reference), "args": call_arguments(args)}
        return from_json(await self._link.call(f"1.0/actions/{kind}", call))


def _limits_json(limits: Mapping[str, int]) -> dict[str, int]:
    unknown = sorted(set(limits) - set(_LIMITS))
    if unknown:
        raise TypeError(f"transaction_limits has no {unknown[0]!r}; it has {', '.join(_LIMITS)}")
    return {_LIMITS[name]: amount for name, amount in limits.items()}
