"""Evaluating expressions to abstract values, and telling whoever consumes a promise.

One evaluator serves the whole backend. At the top of a module it only evaluates; within a function that works
with a ctx it has a frame, and what it meets there becomes facts. Statements are the business of `Walker`, its
subclass.
"""

from __future__ import annotations

from abc import abstractmethod
from operator import attrgetter
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.composites import array_value, class_value, object_value
from biconvex.lint.analysis.constants import fold, fold_unary, literal
from biconvex.lint.analysis.ctx import Ctx
from biconvex.lint.analysis.hooks import Hooks
from biconvex.lint.analysis.names import GENERATED_API
from biconvex.lint.analysis.promises import GATHERING, chained, settle
from biconvex.lint.analysis.results import escape, note_change, note_read, note_use
from biconvex.lint.analysis.sequences import ITERATING, call_sequence, calls_back
from biconvex.lint.analysis.values import (
    CallSite,
    Choice,
    Closure,
    Constant,
    External,
    Pending,
    Record,
    Sequence,
    Value,
    choose,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from biconvex.lint.analysis.frames import Frame
    from biconvex.lint.analysis.scopes import Scope, Variable
    from biconvex.lint.model import Body

__all__ = ["DEEPEST", "Evaluator"]

DEEPEST = 160
"""Nesting beyond this is left unknown; Python's own stack would not bear much more."""

_LOGICAL = frozenset({"&&", "||", "??"})
_UNDEFINED = Constant(None)


class Evaluator(Hooks):
    """Evaluates expressions; `frame` is where the walk stands, None at the top of a module."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.depth = 0
        self.blocks = 0

    @property
    def current_body(self) -> Body | None:
        """The body in which the walk stands."""
        return self.frame.draft.body if self.frame and self.frame.draft else None

    # --- expressions ---

    def value(self, node: syntax.Node, scope: Scope) -> Value | None:
        """Evaluate an expression. A chain of members and calls is followed without recursion."""
        if isinstance(node, syntax.Name):
            named = self._name(node, scope)
            if type(named) is External and named.source == GENERATED_API and len(named.path) < 3:
                self.note_reference(named, node, scope)
            return named
        if isinstance(node, syntax.Literal):
            return literal(node)
        if self.depth >= DEEPEST:
            scope.module.entangle()
            self.cut()
            return None
        self.depth += 1
        spine: list[syntax.Node] = []
        below = _BELOW.get(type(node))
        while below is not None:
            spine.append(node)
            node = below(node)
            below = _BELOW.get(type(node))
        handler = _HANDLERS.get(type(node))
        value = handler(self, node, scope) if handler else self.visit(node, scope)
        if spine:
            value = self._climb(spine, value, scope)
        self.depth -= 1
        return value

    def cut(self) -> None:
        """Note that something lies too deep to be walked."""
        if self.frame is not None and self.frame.draft is not None:
            self.frame.draft.cut = True

    def _climb(self, spine: list[syntax.Node], value: Value | None, scope: Scope) -> Value | None:
        for at in range(len(spine) - 1, -1, -1):
            part = spine[at]
            if isinstance(part, syntax.Member):
                if value is not None:
                    if part.name == "length" and type(value) is Sequence:
                        note_use(value, "length", part, part.object, scope)
                    value = value.member(part.name)
                    inner = at > 0 and type(spine[at - 1]) in _ACCESS
                    if not inner and type(value) is External and value.source == GENERATED_API:
                        self.note_reference(value, part, scope)
            elif isinstance(part, syntax.Call):
                value = self._call(part, value, scope)
            elif isinstance(part, syntax.Await):
                value = self.awaited(value)
            elif isinstance(part, syntax.Index):
                value = self._index(part, value, scope)
            elif isinstance(part, syntax.Cast):
                value = self.cast(part, value, scope)
        return value

    def awaited(self, value: Value | None) -> Value | None:
        """Give what `await value` gives, and note that its promises are awaited."""
        if value is None:
            return None
        settle(value, "awaited")
        if type(value) is Pending:
            return value.inner
        if type(value) is Choice:
            return choose(
                [option.inner if isinstance(option, Pending) else option for option in value.values]
            )
        return value

    def _index(self, node: syntax.Index, value: Value | None, scope: Scope) -> Value | None:
        key = self.value(node.index, scope)
        settle(key, "used")
        if type(value) is Sequence and value.result is not None:
            sliced = type(node.index) is syntax.Other and node.index.kind == "slice"
            position = key.value if isinstance(key, Constant) and type(key.value) is int else None
            note_use(value, "slice" if sliced else "at", node, node.object, scope, position)
        if type(value) is Sequence and value.items is None and not isinstance(node.index, syntax.Other):
            return value.element
        if value is None or not isinstance(key, Constant):
            if type(value) is External and value.source == GENERATED_API:
                self.note_reference(value, node, scope)
            return None
        if isinstance(key.value, str):
            found = value.member(key.value)
            if type(found) is External and found.source == GENERATED_API:
                self.note_reference(found, node, scope)
            return found
        if isinstance(value, Sequence) and value.items is not None and type(key.value) is int:
            item = value.items[key.value] if 0 <= key.value < len(value.items) else None
            escape(item)
            return item
        return None

    def _call(self, node: syntax.Call, callee: Value | None, scope: Scope) -> Value | None:
        site = CallSite(self, node, scope, [])
        arguments = site.arguments
        for at, argument in enumerate(node.arguments):
            if type(argument) is syntax.Spread:
                if site.spread is None:
                    site.spread = at
                arguments.append(self.value(argument.value, scope))
            elif type(argument) is syntax.Object and argument.keywords:
                given = self.value(argument, scope)
                site.keywords = given if isinstance(given, Record) else None
            else:
                arguments.append(self.value(argument, scope))
        member = node.callee.name if type(node.callee) is syntax.Member else ""
        if member and self.frame is not None and type(node.callee.object) is syntax.Name:  # type: ignore[attr-defined]
            self.module_write(node.callee.object, member, node, scope)  # type: ignore[attr-defined]
            note_change(node.callee, scope)
        if callee is not None:
            result = callee.call(site)
        elif member in ITERATING:
            result = call_sequence(Sequence(), member, site)
        else:
            result = None
            if self.frame is not None:
                self.pass_on(site)
        if self.frame is not None:
            fate = "gathered" if member in GATHERING else "passed"
            for value in arguments:
                if value is None:
                    continue
                if type(value) is Record and type(callee) is not Ctx:
                    value.changed = True
                settle(value, "gathered" if fate == "gathered" else "passed")
                if type(value) is Closure and value in self.frame.waiting:
                    certain = type(callee) is Closure or calls_back(node)
                    settle(self.callback(value, [], certain=certain), "returned")
        return result

    def call_sequence(self, sequence: Sequence, name: str, site: CallSite) -> Value | None:
        """Call a method of an array."""
        return call_sequence(sequence, name, site)

    def call_promise(self, pending: Pending, name: str, site: CallSite) -> Value | None:
        """Call a method of a promise."""
        return chained(pending, name, site)

    @abstractmethod
    def cast(self, node: syntax.Cast, value: Value | None, scope: Scope) -> Value | None:
        """Give a value that somebody says is of another type."""

    def _name(self, node: syntax.Name, scope: Scope) -> Value | None:
        variable = scope.find(node.id)
        if variable is None:
            return _UNDEFINED if node.id == "undefined" else External("", (node.id,))
        variable.reads += 1
        value = self.read(variable)
        if type(value) is Choice or type(value) is Sequence:
            note_read(node, value)
        return value

    def read(self, variable: Variable) -> Value | None:
        """Give the value of a variable; one that is still to be evaluated at this depth stays unknown for now."""
        if not variable.is_pending:
            return variable.value
        if self.depth >= DEEPEST:
            variable.scope.module.entangle()
            return None
        self.depth += 2
        value = variable.get()
        self.depth -= 2
        return value

    def _operation(self, node: syntax.Operation, scope: Scope) -> Value | None:
        operator, operands = node.operator, node.operands
        if operator in _LOGICAL:
            return self._logical(node, scope)
        if not operands:
            return None
        if len(operands) == 1:
            value = self.value(operands[0], scope)
            if operator in {"delete", "del"}:
                note_change(operands[0], scope)
            if operator == "void":
                settle(value, "voided")
                return _UNDEFINED
            settle(value, "used")
            return fold_unary(operator, value)
        # a long sum leans to the left: go down its spine without recursion
        spine = [node]
        first = operands[0]
        while type(first) is syntax.Operation and len(first.operands) == 2 and first.operator not in _LOGICAL:
            spine.append(first)
            first = first.operands[0]
        value = self.value(first, scope)
        settle(value, "used")
        for part in reversed(spine):
            for operand in part.operands[1:]:
                right = self.value(operand, scope)
                settle(right, "used")
                value = fold(part.operator, value, right)
        return value

    def _logical(self, node: syntax.Operation, scope: Scope) -> Value | None:
        narrowed = self.tests_ctx(node.operands[0], scope)
        values = [self.value(node.operands[0], scope)]
        self.enter(narrowed=narrowed)
        values += [self.value(operand, scope) for operand in node.operands[1:]]
        self.leave(narrowed=narrowed)
        if node.operator == "&&":
            # what `a && b` is used for is `b`; a promise in `a` is only tested
            settle(values[0], "used")
            return choose([None, *values[1:]]) if any(values[1:]) else None
        return choose(values)

    def _conditional(self, node: syntax.Conditional, scope: Scope) -> Value | None:
        narrowed = self.tests_ctx(node.test, scope)
        settle(self.value(node.test, scope), "used")
        self.enter(narrowed=narrowed)
        values = [self.value(node.then, scope), self.value(node.otherwise, scope)]
        self.leave(narrowed=narrowed)
        return choose(values)

    def enter(self, *, narrowed: bool = False) -> None:
        """Go into code that may not run, perhaps because of a test on the ctx itself."""
        if self.frame is not None:
            self.frame.conditional += 1
            self.frame.narrowed += narrowed

    def leave(self, *, narrowed: bool = False) -> None:
        """Come back from it."""
        if self.frame is not None:
            self.frame.conditional -= 1
            self.frame.narrowed -= narrowed

    def tests_ctx(self, test: syntax.Node, scope: Scope) -> bool:
        """Tell whether a test asks what kind of ctx it has: `"db" in ctx`, `ctx.db`, `isActionCtx(ctx)`."""
        return False

    def _assign(self, node: syntax.Assign, scope: Scope) -> Value | None:
        value = self.value(node.value, scope)
        target = node.target
        if type(target) is syntax.Name:
            variable = scope.find(target.id)
            if variable is not None:
                self.reassign(variable, value if node.operator == "=" else None)
            self.module_write(target, "=", node, scope)
        elif type(target) is syntax.Member or type(target) is syntax.Index:
            self.module_write(target.object, "[]", node, scope)
            note_change(target, scope)
            settle(self.value(target.object, scope), "used")
            if type(target) is syntax.Index:
                settle(self.value(target.index, scope), "used")
        else:
            self.bind(target, value, scope, declare=False)
        settle(value, "stored")
        return value

    def _function(self, node: syntax.Function, scope: Scope) -> Value | None:
        closure = Closure(node, scope, node.name)
        if self.frame is not None:
            self.frame.waiting.append(closure)
        else:
            scope.module.functions.append(closure)
        return closure

    def _import(self, node: syntax.Import, scope: Scope) -> Value | None:
        return self.import_value(node.source, scope)

    def _template(self, node: syntax.Template, scope: Scope) -> Value | None:
        for part in node.parts:
            settle(self.value(part, scope), "used")
        return None


_ACCESS = (syntax.Member, syntax.Index)

_BELOW: dict[type, Callable[[syntax.Node], syntax.Node]] = {
    syntax.Member: attrgetter("object"),
    syntax.Index: attrgetter("object"),
    syntax.Call: attrgetter("callee"),
    syntax.Await: attrgetter("value"),
    syntax.Cast: attrgetter("value"),
}
"""The expression that the last step of a chain is taken from."""


_HANDLERS: dict[type, Callable[..., Value | None]] = {
    syntax.Name: Evaluator._name,
    syntax.Object: object_value,
    syntax.Array: array_value,
    syntax.Operation: Evaluator._operation,
    syntax.Conditional: Evaluator._conditional,
    syntax.Assign: Evaluator._assign,
    syntax.Function: Evaluator._function,
    syntax.Class: class_value,
    syntax.Import: Evaluator._import,
    syntax.Template: Evaluator._template,
    syntax.Literal: lambda _evaluator, node, _scope: literal(node),
}
