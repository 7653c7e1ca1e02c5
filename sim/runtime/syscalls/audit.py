"""Audit log lines: said by queries and mutations, kept when they succeed.

Source: the backend's `audit_log_lines.rs` (semantics §1.2 has the operation, not its rules).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.runtime.syscalls.metadata import request_id
from biconvex.sim.values import DeveloperError

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["audit_log", "audit_log_in_action", "resolved_lines"]

_LONGEST_VARIABLE: Final = 1026


def audit_log(_runtime: Runtime, run: Run, arguments: Any) -> str:
    """Say a line; `{"$var": name}` in its body stands for what is known when the function ends."""
    if "body" not in arguments:
        raise DeveloperError("InvalidArgument", "Invalid arguments for `auditLog`: missing field `body`")
    run.execution.audit_lines.append(arguments["body"])
    return "null"


def audit_log_in_action(_runtime: Runtime, _run: Run, _arguments: Any) -> str:
    """Refused: actions have no audit log."""
    raise DeveloperError("AuditLogNotSupportedInAction", "Audit logging is not yet supported in actions")


def resolved_lines(runtime: Runtime, run: Run) -> list[Any]:
    """The lines of a function that succeeded, and of all it called; raises `DeveloperError` where they are too many."""
    lines, limits, peak = run.execution.audit_lines, runtime.limits, run.execution.peak
    peak("audit_log_lines", len(lines))
    if len(lines) > limits.audit_log_lines:
        raise DeveloperError(
            "TooManyAuditLogLines",
            f"Function execution exceeded the maximum of {limits.audit_log_lines} audit log lines.",
        )
    known = {
        "requestId": request_id(runtime, run),
        "ip": None,
        "userAgent": None,
        "now": run.execution.now_ms,
        "convexActor": None,
    }
    resolved, total = [], 0
    for line in lines:
        body, count = _resolve(line, known)
        size = len(msgspec.json.encode(line)) + count * _LONGEST_VARIABLE
        peak("audit_log_line_bytes", size)
        if size > limits.audit_log_line_bytes:
            raise DeveloperError(
                "AuditLogLineTooLarge",
                f"An audit log line may have a maximum possible size of {limits.audit_log_line_bytes} bytes, but this "
                f"line could be up to {size} bytes.",
            )
        total += size
        resolved.append(body)
    peak("audit_log_bytes", total)
    if total > limits.audit_log_bytes:
        raise DeveloperError(
            "AuditLogLinesTooLarge",
            "The total maximum possible size of audit log lines from a single function execution is "
            f"{limits.audit_log_bytes} bytes, but this execution could produce up to {total} bytes.",
        )
    return resolved


def _resolve(value: Any, known: dict[str, Any]) -> tuple[Any, int]:
    """A body with its variables replaced, and how many there were."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("$var"), str):
            name = value["$var"]
            if name not in known:
                raise DeveloperError("UnknownAuditLogVar", f'Unknown audit log variable: "{name}"')
            return known[name], 1
        members = {name: _resolve(member, known) for name, member in value.items()}
        return {name: member for name, (member, _) in members.items()}, sum(n for _, n in members.values())
    if isinstance(value, list):
        items = [_resolve(item, known) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    return value, 0
