"""Who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.runtime.run import InvalidToken
from biconvex.sim.values import DeveloperError

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["get_user_identity"]


def get_user_identity(_runtime: Runtime, run: Run, _arguments: Any) -> str:
    """The caller's claims as plain JSON, or null (semantics §11); raises what is wrong with their token."""
    run.observed.identity = True
    if isinstance(run.identity, InvalidToken):
        raise DeveloperError(run.identity.code, run.identity.message)
    return msgspec.json.encode(run.identity).decode()
