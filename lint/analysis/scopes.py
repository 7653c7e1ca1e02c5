"""Scopes: which name means which binding, with hoisting and shadowing as the language has them.

A scope declares every name of its block before anything in it is evaluated, so that an inner name hides an
outer one from the block's first line on. The values come when the declarations are evaluated, or, at the top
of a module, when somebody first asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from biconvex.lint.analysis.frames import BodyDraft
    from biconvex.lint.analysis.modules import ModuleState
    from biconvex.lint.analysis.values import Value

__all__ = ["Scope", "Variable", "bound_names", "declared_names", "local_names"]


class Variable:
    """A binding: its value so far, how often it is read, and in which block level it was declared."""

    __slots__ = ("_busy", "_thunk", "block", "reads", "scope", "value")

    def __init__(
        self, scope: Scope, value: Value | None = None, thunk: Callable[[], Value | None] | None = None
    ) -> None:
        self.scope = scope
        self.value = value
        self.reads = 0
        self.block: int | None = None
        """The block in which it first got a value; None before."""
        self._thunk = thunk
        self._busy = False

    @property
    def is_pending(self) -> bool:
        """Whether its value is still to be evaluated."""
        return self._thunk is not None or self._busy

    def get(self) -> Value | None:
        """Give its value; a module's binding is evaluated now, and is unknown while that goes on."""
        if self._thunk is not None:
            thunk, self._thunk, self._busy = self._thunk, None, True
            self.value = thunk()
            self._busy = False
        elif self._busy:
            self.scope.module.entangle()
        return self.value


class Scope:
    """The names of one block, function or module. `body` is the ctx-carrying function it belongs to, if any."""

    __slots__ = ("body", "module", "names", "parent")

    def __init__(
        self, module: ModuleState, parent: Scope | None = None, body: BodyDraft | None = None
    ) -> None:
        self.module = module
        self.parent = parent
        self.body: BodyDraft | None = body if body is not None or parent is None else parent.body
        self.names: dict[str, Variable] = {}

    def declare(self, name: str, value: Value | None = None) -> Variable:
        """Bind a name here; a name that is declared already keeps its variable and gets the value."""
        variable = self.names.get(name)
        if variable is None:
            variable = self.names[name] = Variable(self, value)
        else:
            variable.value = value
        return variable

    def find(self, name: str) -> Variable | None:
        """Look a name up, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            variable = scope.names.get(name)
            if variable is not None:
                return variable
            scope = scope.parent
        return None


def bound_names(target: syntax.Node | None) -> Iterator[str]:
    """Give the names that a pattern binds."""
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Name):
            yield node.id
        elif isinstance(node, syntax.ObjectPattern | syntax.Object):
            stack += node.properties
        elif isinstance(node, syntax.ArrayPattern | syntax.Array):
            stack += node.elements
        elif isinstance(node, syntax.Property | syntax.Spread):
            stack.append(node.value)
        elif isinstance(node, syntax.Default):
            stack.append(node.target)


def declared_names(statements: list[syntax.Node]) -> Iterator[str]:
    """Give the names that the statements of a block declare in that block."""
    for statement in statements:
        node = statement.declaration if isinstance(statement, syntax.Export) else statement
        if isinstance(node, syntax.Declare):
            yield from bound_names(node.target)
        elif isinstance(node, syntax.Function | syntax.Class):
            if node.name:
                yield node.name
        elif isinstance(node, syntax.Import):
            yield from (name.local for name in node.names)


def local_names(body: list[syntax.Node]) -> Iterator[str]:
    """Give every name that a Python function binds, however deep in its blocks; inner functions apart."""
    outer = _outer_names(body)
    return (name for name in _bound_in(body) if name not in outer)


def _outer_names(body: list[syntax.Node]) -> set[str]:
    """Give the names that `global` and `nonlocal` say are those of a scope around."""
    stated = (node for node in body if isinstance(node, syntax.Other) and node.kind in {"global", "nonlocal"})
    return {child.id for node in stated for child in node.children if isinstance(child, syntax.Name)}


def _bound_in(body: list[syntax.Node]) -> Iterator[str]:
    stack: list[syntax.Node] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Declare):
            yield from bound_names(node.target)
        elif isinstance(node, syntax.Function | syntax.Class):
            if node.name:
                yield node.name
        elif isinstance(node, syntax.Import):
            yield from (name.local for name in node.names)
        elif isinstance(node, syntax.Loop):
            if node.kind != "comprehension":
                yield from bound_names(node.each)
                stack += node.body
        elif isinstance(node, syntax.If):
            stack += node.then
            stack += node.otherwise
        elif isinstance(node, syntax.Try):
            stack += node.body
            stack += node.handler or []
            stack += node.final
        elif isinstance(node, syntax.Block):
            stack += node.body
