"""What code does besides working with its ctx: calls of what is not in the backend, and of module state.

Part of the backend model; rules import these names from `biconvex.lint.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint import syntax
    from biconvex.lint.declarations import Body, Kind, Place
    from biconvex.lint.model import Step

__all__ = ["ModuleWrite", "OutsideCall"]


class OutsideCall(msgspec.Struct, frozen=True, eq=False):
    """A call of a global, or of something that a package gives: `Date.now()`, `new Date()`, `axios.get(…)`.

    `name` is what is called, by the package's name for it: `Date.now`, `axios.default.get`, `time.time`. `ways` has,
    for each kind of registered function that surely reaches it, the body from which it is reached and the calls
    of functions without a ctx that lead on from there (none when it stands in the body itself).
    """

    name: str
    place: Place
    node: syntax.Call
    new: bool
    ways: Mapping[Kind, tuple[Body, tuple[Step, ...]]]


class ModuleWrite(msgspec.Struct, frozen=True, eq=False):
    """A change of a variable at the top of a module, or of what it holds, from within a body.

    `operation` is `=` for an assignment to the variable, `[]` for one to a part of it, or the name of the
    method that is called on it. Whether that method changes anything is not known here.
    """

    variable: str
    operation: str
    place: Place
    body: Body
