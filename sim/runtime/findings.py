"""Guidelines seen at run time, under the names of the lint rules."""

from __future__ import annotations

import msgspec

__all__ = ["RuntimeFinding"]


class RuntimeFinding(msgspec.Struct, frozen=True):
    """A guideline that a run went against: no error in Convex, but worth a look.

    `rule` is the lint rule's name, `function` the path of the function that did it, `time_ms` the virtual time in ms
    since the epoch, and `calls` the functions from the one that was called from outside to this one.
    """

    rule: str
    message: str
    function: str
    time_ms: float
    calls: tuple[str, ...] = ()
