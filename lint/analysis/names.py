"""The names under which the analysis knows Convex's packages, wherever a file imports them from."""

from __future__ import annotations

__all__ = ["GENERATED_API", "SERVER", "VALUES", "canonical"]

GENERATED_API = "_generated/api"
"""Where `api`, `internal` and `components` come from."""

SERVER = "convex/server"
"""Where builders and definitions come from: `_generated/server`, `convex/server`, `biconvex.sim.server`."""

VALUES = "convex/values"

_PYTHON = {"biconvex.sim.server": SERVER, "biconvex.sim.values": VALUES}


def canonical(source: str) -> str:
    """Give the package that an import which leads out of the backend means."""
    for package, name in _PYTHON.items():
        if source == package or source.startswith(f"{package}."):
            return name
    return source
