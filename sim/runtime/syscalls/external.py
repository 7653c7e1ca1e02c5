"""What actions ask of the world outside; services answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from biconvex.sim.values import DeveloperError

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["fetch"]


async def fetch(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Perform a request through the service that stands for the internet."""
    service = runtime.external.get("fetch")
    if service is None:
        raise DeveloperError("NoNetwork", f"fetch {arguments['url']}: this deployment has no outside world")
    return await service(run, arguments)
