"""Which syscall is performed by what, inside a transaction and in an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from biconvex.sim.runtime.syscalls import (
    audit,
    auth,
    database,
    external,
    functions,
    metadata,
    scheduling,
    search,
    storage,
)

__all__ = ["ACTION_SYSCALLS", "BATCHED", "SYNC_SYSCALLS", "TRANSACTION_SYSCALLS", "WRITES"]

BATCHED: Final = frozenset({"1.0/get", "1.0/queryStreamNext"})
"""What Convex performs side by side when it was issued side by side; all else goes one by one."""

WRITES: Final = frozenset({"1.0/insert", "1.0/shallowMerge", "1.0/replace", "1.0/remove"})
"""What depends on nothing but the operations issued before it, whatever a handler does with their results."""

SYNC_SYSCALLS: Final[Mapping[str, Callable[..., Any]]] = {
    "1.0/db/normalizeId": database.normalize_id,
    "1.0/getSnapshotTs": metadata.get_snapshot_ts,
    "1.0/componentArgument": metadata.component_argument,
}

TRANSACTION_SYSCALLS: Final[Mapping[str, Callable[..., Any]]] = {
    "1.0/get": database.get,
    "1.0/queryStreamNext": database.query_stream_next,
    "1.0/queryPage": database.query_page,
    "1.0/count": database.count,
    "1.0/insert": database.insert,
    "1.0/shallowMerge": database.patch,
    "1.0/replace": database.replace,
    "1.0/remove": database.remove,
    "1.0/getUserIdentity": auth.get_user_identity,
    "1.0/getTransactionMetrics": metadata.get_transaction_metrics,
    "1.0/getFunctionMetadata": metadata.get_function_metadata,
    "1.0/getDeploymentMetadata": metadata.get_deployment_metadata,
    "1.0/getRequestMetadata": metadata.get_request_metadata,
    "1.0/auditLog": audit.audit_log,
    "1.0/runUdf": functions.run_udf,
    "1.0/createFunctionHandle": functions.create_function_handle,
    "1.0/schedule": scheduling.schedule,
    "1.0/cancel_job": scheduling.cancel_job,
    "1.0/storageGetUrl": storage.get_url,
    "1.0/storageGetMetadata": storage.get_metadata,
    "1.0/storageGenerateUploadUrl": storage.generate_upload_url,
    "1.0/storageDelete": storage.delete,
}

ACTION_SYSCALLS: Final[Mapping[str, Callable[..., Any]]] = {
    "1.0/getUserIdentity": auth.get_user_identity,
    "1.0/getFunctionMetadata": metadata.get_function_metadata,
    "1.0/getDeploymentMetadata": metadata.get_deployment_metadata,
    "1.0/getRequestMetadata": metadata.get_request_metadata,
    "1.0/auditLog": audit.audit_log_in_action,
    "1.0/actions/query": functions.run_query,
    "1.0/actions/mutation": functions.run_mutation,
    "1.0/actions/action": functions.run_action,
    "1.0/createFunctionHandle": functions.create_function_handle,
    "1.0/actions/schedule": scheduling.schedule_from_action,
    "1.0/actions/cancel_job": scheduling.cancel_job_from_action,
    "1.0/actions/vectorSearch": search.vector_search,
    "1.0/storageGetUrl": storage.get_url_from_action,
    "1.0/storageGetMetadata": storage.get_metadata_from_action,
    "1.0/storageGenerateUploadUrl": storage.generate_upload_url,
    "1.0/storageDelete": storage.delete_from_action,
    "storage/storeBlob": storage.store_blob,
    "storage/getBlob": storage.get_blob,
    "fetch": external.fetch,
}
