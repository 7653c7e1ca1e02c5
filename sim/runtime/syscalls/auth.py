"""Who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["get_user_identity"]


def get_user_identity(_runtime: Runtime, run: Run, _arguments: Any) -> str:
    """The caller's claims as plain JSON, or null (semantics §11)."""
    run.observed.identity = True
    return msgspec.json.encode(run.identity).decode()
