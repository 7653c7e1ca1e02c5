"""What a function may learn of its transaction, itself, its deployment and its request (`ctx.meta`; semantics §1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.runtime.paths import stripped_path
from biconvex.sim.runtime.syscalls.arguments import text_argument
from biconvex.sim.values import DeveloperError, Int64, to_json

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = [
    "component_argument",
    "get_deployment_metadata",
    "get_function_metadata",
    "get_request_metadata",
    "get_snapshot_ts",
    "get_transaction_metrics",
    "request_id",
]

_DEPLOYMENT: Final = '{"name":"anonymous-biconvex","region":null,"class":"s16"}'


def get_transaction_metrics(_runtime: Runtime, run: Run, _arguments: Any) -> str:
    """What the transaction has used and what is left, nested limits applied."""
    usage, limits, execution = run.tx.usage, run.tx.limits, run.execution
    pairs = {
        "bytesRead": (usage.bytes_read, limits.bytes_read),
        "bytesWritten": (usage.bytes_written, limits.bytes_written),
        "databaseQueries": (usage.database_queries, limits.database_queries),
        "documentsRead": (usage.documents_read, limits.documents_read),
        "documentsWritten": (usage.documents_written, limits.documents_written),
        "functionsScheduled": (execution.functions, execution.limits.functions),
        "scheduledFunctionArgsBytes": (execution.argument_bytes, execution.limits.argument_bytes),
    }
    metrics = {name: {"used": used, "remaining": limit - used} for name, (used, limit) in pairs.items()}
    return msgspec.json.encode(metrics).decode()


def get_function_metadata(_runtime: Runtime, run: Run, _arguments: Any) -> str:
    """The path of the function that runs."""
    function = run.function
    name = stripped_path(function.module, function.name)
    return msgspec.json.encode({"name": name, "componentPath": function.component}).decode()


def component_argument(_runtime: Runtime, _run: Run, arguments: Any) -> Any:
    """An argument that the component was installed with: nobody can give one any more, they have become variables."""
    text_argument(arguments, "name", "componentArgument")
    return {}


def get_deployment_metadata(_runtime: Runtime, _run: Run, _arguments: Any) -> str:
    """The simulated deployment: anonymous, in no region, of the smallest class."""
    return _DEPLOYMENT


def get_request_metadata(runtime: Runtime, run: Run, _arguments: Any) -> str:
    """The request that led here. Simulated requests come from nowhere, and carry no token."""
    if run.function.kind == "query":
        raise DeveloperError("RequestMetadataNotAllowed", "Cannot get request metadata in a Query")
    run.observed.identity = True
    metadata = {
        "ip": None,
        "userAgent": None,
        "requestId": request_id(runtime, run),
        "scheduledFunctionId": run.job,
        "authToken": None,
    }
    return msgspec.json.encode(metadata).decode()


def get_snapshot_ts(_runtime: Runtime, run: Run, _arguments: Any) -> Any:
    """The timestamp of the transaction's snapshot in nanoseconds; whoever asks has looked at the time."""
    run.observed.time = True
    return to_json(Int64(run.tx.begin_ts))


def request_id(runtime: Runtime, run: Run) -> str:
    """The id of the request that a run belongs to: that of the first function of the chain of calls."""
    root = run
    while root.parent is not None:
        root = root.parent
    return runtime.request_ids.child(str(root.number)).octets(8).hex()
