"""Values that hold the commit timestamp of a mutation that hasn't committed. Source: semantics §2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .types import COMMIT_TS

if TYPE_CHECKING:
    from .int64 import Int64

__all__ = ["is_pending", "resolve_commit_ts"]


def is_pending(value: Any) -> bool:
    """Tell whether `COMMIT_TS` is anywhere in `value`."""
    kind = type(value)
    if kind is dict:
        return any(map(is_pending, value.values()))
    if kind is list:
        return any(map(is_pending, value))
    return value is COMMIT_TS


def resolve_commit_ts(value: Any, commit_ts: Int64) -> Any:
    """Put `commit_ts` in the place of every `COMMIT_TS`; `value` itself where there is none."""
    if value is COMMIT_TS:
        return commit_ts
    if not is_pending(value):
        return value
    if type(value) is dict:
        return {name: resolve_commit_ts(member, commit_ts) for name, member in value.items()}
    return [resolve_commit_ts(element, commit_ts) for element in value]
