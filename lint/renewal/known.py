"""What is known of a backend once it was analysed: enough to tell what a later edit can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from biconvex.lint.model import Backend

__all__ = ["MOST_CHANGED", "Known", "known_of"]

MOST_CHANGED = 5
"""After edits of more files than this, all is analysed."""

_SHARED = frozenset({"schema", "convex.config", "auth.config"})
"""Modules that every file depends on, whether it imports them or not."""


class Known(msgspec.Struct, frozen=True):
    """What is known of a backend: its findings, and the path of the file of each registered function.

    `links` and `entangled` are the backend's own; `shared` has the files that every file depends on.
    """

    findings: tuple[Finding, ...]
    functions: tuple[str, ...]
    links: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    entangled: frozenset[str] = frozenset()
    shared: tuple[str, ...] = ()


def known_of(backend: Backend, findings: Sequence[Finding]) -> Known:
    """Give what is known of a backend when it was analysed as a whole."""
    return Known(
        findings=tuple(findings),
        functions=tuple(function.place.source.path for function in backend.functions),
        links=dict(backend.links),
        entangled=backend.entangled,
        shared=tuple(module.source.path for path, module in backend.modules.items() if path in _SHARED),
    )
