"""The `ctx` that a handler gets, by the kind of its function (semantics §1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from biconvex.sim.server.database import DatabaseReader, DatabaseWriter
from biconvex.sim.server.link import Link
from biconvex.sim.server.references import FunctionReference, function_path
from biconvex.sim.values import from_json, to_json

__all__ = ["ActionCtx", "Auth", "MutationCtx", "QueryCtx", "Scheduler"]

Reference = FunctionReference | str
Arguments = Mapping[str, Any] | None


class Auth:
    """`ctx.auth`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def get_user_identity(self) -> dict[str, Any] | None:
        """The caller's claims, or None when nobody is logged in."""
        identity: dict[str, Any] | None = await self._link.call("1.0/getUserIdentity", {})
        return identity


class Scheduler:
    """`ctx.scheduler`."""

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._prefix = prefix

    async def run_after(self, delay_ms: float, reference: Reference, args: Arguments = None) -> str:
        """Run a mutation or action after a delay in ms; the id of the job."""
        if not isinstance(delay_ms, int | float) or isinstance(delay_ms, bool):
            raise TypeError("`delay_ms` must be a number")
        if not isfinite(delay_ms):
            raise ValueError("`delay_ms` must be a finite number")
        if delay_ms < 0:
            raise ValueError("`delay_ms` must be non-negative")
        return await self._schedule((self._link.now_ms + delay_ms) / 1000, reference, args)

    async def run_at(self, time: float | datetime, reference: Reference, args: Arguments = None) -> str:
        """Run a mutation or action at a time: an aware `datetime`, or ms since the epoch."""
        if isinstance(time, datetime):
            seconds = time.timestamp()
        elif isinstance(time, int | float) and not isinstance(time, bool):
            seconds = time / 1000
        else:
            raise TypeError("The invoke time must a Date or a timestamp")
        return await self._schedule(seconds, reference, args)

    async def cancel(self, job_id: str) -> None:
        """Cancel a job; nothing happens if it has finished."""
        await self._link.call(f"{self._prefix}cancel_job", {"id": job_id})

    async def _schedule(self, seconds: float, reference: Reference, args: Arguments) -> str:
        call = {"name": function_path(reference), "ts": seconds, "args": to_json(dict(args or {}))}
        job_id: str = await self._link.call(f"{self._prefix}schedule", call)
        return job_id


class QueryCtx:
    """What a query gets."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.db = DatabaseReader(link)
        self.auth = Auth(link)

    async def run_query(self, reference: Reference, args: Arguments = None) -> Any:
        """Run a query within this transaction."""
        return await self._run("query", reference, args)

    async def _run(self, kind: str, reference: Reference, args: Arguments) -> Any:
        call = {"udfType": kind, "name": function_path(reference), "args": to_json(dict(args or {}))}
        return from_json(await self._link.call("1.0/runUdf", call))


class MutationCtx(QueryCtx):
    """What a mutation gets."""

    db: DatabaseWriter

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.db = DatabaseWriter(link)
        self.scheduler = Scheduler(link, "1.0/")

    async def run_mutation(self, reference: Reference, args: Arguments = None) -> Any:
        """Run a mutation within this transaction; if it fails, its writes are undone."""
        return await self._run("mutation", reference, args)


class ActionCtx:
    """What an action gets: no database, but calls to functions that have it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.auth = Auth(link)
        self.scheduler = Scheduler(link, "1.0/actions/")

    async def run_query(self, reference: Reference, args: Arguments = None) -> Any:
        """Run a query, in a transaction of its own."""
        return await self._run("query", reference, args)

    async def run_mutation(self, reference: Reference, args: Arguments = None) -> Any:
        """Run a mutation, in a transaction of its own."""
        return await self._run("mutation", reference, args)

    async def run_action(self, reference: Reference, args: Arguments = None) -> Any:
        """Run another action."""
        return await self._run("action", reference, args)

    async def _run(self, kind: str, reference: Reference, args: Arguments) -> Any:
        call = {"name": function_path(reference), "args": to_json(dict(args or {}))}
        return from_json(await self._link.call(f"1.0/actions/{kind}", call))
