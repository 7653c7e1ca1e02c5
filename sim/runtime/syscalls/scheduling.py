"""Functions that are to run later (semantics §8)."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.runtime.components import JobPlace
from biconvex.sim.runtime.paths import split_path
from biconvex.sim.runtime.syscalls.arguments import text_argument
from biconvex.sim.runtime.syscalls.functions import address_of, arguments_of
from biconvex.sim.store import Conflict
from biconvex.sim.values import DeveloperError, decode_id, size_of

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime
    from biconvex.sim.store import Transaction

__all__ = ["JOBS", "cancel_job", "cancel_job_from_action", "schedule", "schedule_from_action"]

JOBS: Final = "_scheduled_functions"
_CANCEL: Final = "db.cancel_job"
_SELF_CANCEL_FAILS: Final = (1, 50)
_HORIZON_MS: Final = 5 * 366 * 86_400_000.0


def schedule(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Enqueue a job within the transaction; nothing is scheduled unless it commits."""
    job_id = _enqueue(runtime, run, run.tx, arguments)
    return msgspec.json.encode(job_id).decode()


async def schedule_from_action(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Enqueue a job at once, whatever becomes of the action."""

    def enqueue(transaction: Transaction) -> str:
        return _enqueue(runtime, run, transaction, arguments)

    return msgspec.json.encode(await _at_once(runtime, run, enqueue)).decode()


def cancel_job(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Cancel a job within the transaction; one that has finished stays as it is.

    A scheduled mutation can't cancel itself (semantics §8.1): an error since convex 1.50, a warning before.
    """
    job_id = text_argument(arguments, "id", _CANCEL)
    if job_id == run.job:
        if runtime.convex_version >= _SELF_CANCEL_FAILS:
            raise DeveloperError("ScheduledFunctionCancelingItself", "A mutation cannot cancel itself")
        run.log.add_system(
            "A scheduled mutation canceling itself is deprecated and will throw an error in a future version of Convex."
        )
        return "null"
    _cancel(runtime, run, run.tx, job_id)
    return "null"


async def cancel_job_from_action(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Cancel a job at once."""
    job_id = text_argument(arguments, "id", _CANCEL)

    def cancel(transaction: Transaction) -> None:
        _cancel(runtime, run, transaction, job_id)

    await _at_once(runtime, run, cancel)
    return "null"


async def _at_once(runtime: Runtime, run: Run, change: Any) -> Any:
    attempt = 0
    while True:
        transaction = runtime.begin()
        try:
            result = change(transaction.inside(run.function.component))
            runtime.commit(transaction, run)
        except Conflict:
            await runtime.back_off(attempt)
            attempt += 1
        else:
            return result
        finally:
            transaction.discard()


def _enqueue(runtime: Runtime, run: Run, transaction: Transaction, arguments: Any) -> str:
    component, path = address_of(runtime, run, arguments, "scheduler")
    module, name = split_path(path)
    function = component.registry.find(path)
    if function is None:
        if not component.registry.has_module(module):
            place = f"{component.path} {module}.js" if component.path else f"{module}.js"
            raise DeveloperError(
                "InvalidScheduledFunction", f"Attempted to schedule function at nonexistent path: {place}"
            )
        raise DeveloperError(
            "InvalidScheduledFunction",
            f"Attempted to schedule function, but no exported function {name} found in the file: {module}.js. "
            "Did you forget to export it?",
        )
    now_ms = runtime.kernel.clock.now_ns / NS_PER_MS
    due_ms = _due_ms(arguments.get("ts"), now_ms)
    args = arguments_of(arguments)
    _charge(run, args)
    job = {"name": function.canonical, "args": [args], "scheduledTime": due_ms, "state": {"kind": "pending"}}
    if _is_cancelled(runtime, transaction, run.job):
        # What a cancelled action goes on to schedule is cancelled as well.
        begin_ms = transaction.begin_ts / NS_PER_MS
        job |= {"scheduledTime": begin_ms, "completedTime": begin_ms, "state": {"kind": "canceled"}}
    job_id = transaction.insert_system(JOBS, job)
    if transaction.component or function.component:
        runtime.components.jobs[job_id] = JobPlace(transaction.component, function.component)
    runtime.trace.record("schedule", function.path, run.number, {"id": job_id, "at_ms": due_ms})
    runtime.watch.scheduled(run, function, job_id, due_ms)
    return job_id


def _is_cancelled(runtime: Runtime, transaction: Transaction, job_id: str | None) -> bool:
    if job_id is None:
        return False
    place = runtime.components.jobs.get(job_id)
    home = place.home if place is not None else ""
    job = transaction.inside(home).get_system(JOBS, job_id)
    if job is None:
        return False
    state: Any = job.value["state"]
    return bool(state["kind"] == "canceled")


def _due_ms(ts: Any, now_ms: float) -> float:
    if not isinstance(ts, int | float) or not isfinite(ts):
        raise DeveloperError(
            "InvalidArgument", "Invalid argument `ts` for `schedule`: it must be a finite number"
        )
    due_ms = float(ts) * 1000
    if abs(due_ms - now_ms) > _HORIZON_MS:
        side = "future" if due_ms > now_ms else "past"
        raise DeveloperError(
            "InvalidScheduledFunctionDelay", f"{due_ms / 1000} is more than 5 years in the {side}"
        )
    return float(round(due_ms * 1000) / 1000)


def _charge(run: Run, args: Any) -> None:
    if run.transaction is None:
        return
    execution = run.execution
    limits = execution.limits
    execution.functions += 1
    if execution.functions > limits.functions:
        raise DeveloperError(
            "TooManyFunctionsScheduled",
            f"Too many functions scheduled by this mutation (limit: {limits.functions})",
        )
    size = size_of([args])
    execution.argument_bytes += size
    execution.largest_arguments = max(execution.largest_arguments, size)
    execution.peak("one_scheduled_arguments_bytes", size)
    if execution.argument_bytes > limits.argument_bytes:
        raise DeveloperError(
            "ScheduledFunctionsArgumentsTooLarge",
            "Too large total size of the arguments of scheduled functions from this mutation "
            f"(limit: {limits.argument_bytes} bytes)",
        )


def _cancel(runtime: Runtime, run: Run, transaction: Transaction, job_id: str) -> None:
    try:
        table_number, _ = decode_id(job_id)
    except DeveloperError as error:
        raise DeveloperError(
            "InvalidArgument", f"Invalid argument `id` for `{_CANCEL}`: {error.message}"
        ) from error
    if transaction.tables.name_of(table_number) != JOBS:
        raise DeveloperError(
            "InvalidArgument",
            "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table.",
        )
    document = transaction.get_system(JOBS, job_id)
    if document is None:
        return
    state: Any = document.value["state"]
    if state["kind"] in {"pending", "inProgress"}:
        now_ms = runtime.kernel.clock.now_ns / NS_PER_MS
        transaction.patch_system(job_id, {"state": {"kind": "canceled"}, "completedTime": now_ms})
        runtime.trace.record("cancel", str(document.value["name"]), run.number, {"id": job_id})
