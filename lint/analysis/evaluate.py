"""Evaluating expressions to abstract values, and telling whoever consumes a promise.

One evaluator serves the whole backend. At the top of a module it only evaluates; within a function that works
with a ctx it has a frame, and what it meets there becomes facts. Statements are the business of `Walker`, its
subclass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from operator import attrgetter
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import Ctx, annotation_of
from biconvex.lint.analysis.names import GENERATED_API
from biconvex.lint.analysis.promises import GATHERING, chained, drafts_of, settle
from biconvex.lint.analysis.sequences import ITERATING, call_sequence
from biconvex.lint.analysis.values import (
    CallSite,
    Choice,
    ClassValue,
    Closure,
    Constant,
    External,
    Pending,
    Record,
    Sequence,
    Value,
    choose,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from biconvex.lint.analysis.frames import Frame
    from biconvex.lint.analysis.promises import Draft
    from biconvex.lint.analysis.queries import QueryRecord
    from biconvex.lint.analysis.scopes import Scope, Variable
    from biconvex.lint.model import Body, IndexUse, Loop, QueryChain

__all__ = ["DEEPEST", "Evaluator"]

DEEPEST = 160
"""Nesting beyond this is left unknown; Python's own stack would not bear much more."""

_LOGICAL = frozenset({"&&", "||", "??"})
_UNDEFINED = Constant(None)


class Evaluator(ABC):
    """Evaluates expressions; `frame` is where the walk stands, None at the top of a module."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.depth = 0
        self.blocks = 0

    # --- what subclasses add ---

    @abstractmethod
    def visit(self, node: syntax.Node, scope: Scope) -> Value | None:
        """Take a node that may be a statement or an expression."""

    @abstractmethod
    def call_closure(self, closure: Closure, site: CallSite) -> Value | None:
        """Call a function of the source."""

    @abstractmethod
    def call_external(self, external: External, site: CallSite) -> Value | None:
        """Call something of a package, of generated code, or a global."""

    @abstractmethod
    def ctx_call(self, api: str, ctx: Ctx, site: CallSite) -> Value | None:
        """Note a call on a ctx; gives its value where it is not a promise."""

    @abstractmethod
    def query_use(self, site: CallSite, record: QueryRecord, chain: QueryChain) -> Draft | None:
        """Note a query that was run; gives its promise."""

    @abstractmethod
    def index_use(self, node: syntax.Node, use: IndexUse) -> None:
        """Note a use of an index."""

    @abstractmethod
    def inline(self, closure: Closure, arguments: list[Value | None]) -> Value | None:
        """Walk through a function where it stands; gives what it returns."""

    @abstractmethod
    def callback(self, closure: Closure, arguments: list[Value | None]) -> Value | None:
        """Walk through a function that somebody else calls; gives what it returns, a promise if it is async."""

    @abstractmethod
    def in_loop(self, loop: Loop, walk: Callable[[], Value | None]) -> Value | None:
        """Walk something that a callback's loop runs."""

    @abstractmethod
    def promise(
        self,
        node: syntax.Node,
        scope: Scope,
        *,
        api: str | None = None,
        of: Draft | None = None,
        through: str | None = None,
    ) -> Draft | None:
        """Note a promise; None where nothing becomes a fact."""

    @abstractmethod
    def note_reference(self, external: External, node: syntax.Node, scope: Scope) -> None:
        """Note a function reference that is written in the source."""

    @abstractmethod
    def import_value(self, source: str, scope: Scope) -> Value | None:
        """Give the module that `import("source")` or `require("source")` gives."""

    @property
    def current_body(self) -> Body | None:
        """The body in which the walk stands."""
        return self.frame.draft.body if self.frame and self.frame.draft else None

    # --- expressions ---

    def value(self, node: syntax.Node, scope: Scope) -> Value | None:
        """Evaluate an expression. A chain of members and calls is followed without recursion."""
        if isinstance(node, syntax.Name):
            return self._name(node, scope)
        if isinstance(node, syntax.Literal):
            return _literal(node)
        if self.depth >= DEEPEST:
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

    def _climb(self, spine: list[syntax.Node], value: Value | None, scope: Scope) -> Value | None:
        for at in range(len(spine) - 1, -1, -1):
            part = spine[at]
            if isinstance(part, syntax.Member):
                if value is not None:
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
        if value is None or not isinstance(key, Constant):
            return None
        if isinstance(key.value, str):
            found = value.member(key.value)
            if type(found) is External and found.source == GENERATED_API:
                self.note_reference(found, node, scope)
            return found
        if isinstance(value, Sequence) and value.items is not None and type(key.value) is int:
            return value.items[key.value] if 0 <= key.value < len(value.items) else None
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
                settle(value, "gathered" if fate == "gathered" else "passed")
                if type(value) is Closure and value in self.frame.waiting:
                    settle(self.callback(value, []), "returned")
        return result

    def call_sequence(self, sequence: Sequence, name: str, site: CallSite) -> Value | None:
        """Call a method of an array."""
        return call_sequence(sequence, name, site)

    def call_promise(self, pending: Pending, name: str, site: CallSite) -> Value | None:
        """Call a method of a promise."""
        return chained(pending, name, site)

    @abstractmethod
    def pass_on(self, site: CallSite) -> None:
        """Note what a call out of sight is handed."""

    def _name(self, node: syntax.Name, scope: Scope) -> Value | None:
        variable = scope.find(node.id)
        if variable is None:
            return _UNDEFINED if node.id == "undefined" else External("", (node.id,))
        variable.reads += 1
        return self.read(variable)

    def read(self, variable: Variable) -> Value | None:
        """Give the value of a variable; one that is still to be evaluated at this depth stays unknown for now."""
        if not variable.is_pending:
            return variable.value
        if self.depth >= DEEPEST:
            return None
        self.depth += 2
        value = variable.get()
        self.depth -= 2
        return value

    def _object(self, node: syntax.Object, scope: Scope) -> Value | None:
        fields: dict[str, Value | None] = {}
        nodes: dict[str, syntax.Node] = {}
        base: Value | None = None
        complete = True
        for item in node.properties:
            value = self.value(item.value, scope)
            if drafts_of(value):
                settle(value, "stored")
            if type(item) is syntax.Property:
                if item.computed is not None:
                    key = self.value(item.computed, scope)
                    name = key.value if isinstance(key, Constant) else None
                else:
                    name = item.key
                if isinstance(name, str):
                    if type(value) is Closure:
                        value.name = value.name or name
                    fields[name] = value
                    nodes[name] = item.value
                else:
                    complete = False
            elif isinstance(value, Record):
                fields.update(value.fields)
                nodes.update(value.nodes)
                base = value.base or base
                complete = complete and value.complete
            elif value is None:
                complete = False
            else:
                base = value
        return Record(fields, nodes, base, complete)

    def _array(self, node: syntax.Array, scope: Scope) -> Value | None:
        items: list[Value | None] = []
        known, bound, query = True, 0, None
        drafts: tuple[Draft, ...] = ()
        for element in node.elements:
            if type(element) is syntax.Spread:
                spread = self.value(element.value, scope)
                drafts += drafts_of(spread)
                if isinstance(spread, Sequence):
                    query = spread.query or query
                    if spread.items is not None:
                        items += spread.items
                    else:
                        known = False
                    bound = -1 if spread.bound is None or bound < 0 else bound + spread.bound
                else:
                    known, bound = False, -1
            else:
                value = self.value(element, scope)
                items.append(value)
                drafts += drafts_of(value)
                bound += 1 if bound >= 0 else 0
        for draft in drafts:
            draft.settle("gathered")
        return Sequence(bound if bound >= 0 else None, query, tuple(items) if known else None, drafts)

    def _operation(self, node: syntax.Operation, scope: Scope) -> Value | None:
        operator, operands = node.operator, node.operands
        if operator in _LOGICAL:
            return self._logical(node, scope)
        if not operands:
            return None
        if len(operands) == 1:
            value = self.value(operands[0], scope)
            if operator == "void":
                settle(value, "voided")
                return _UNDEFINED
            settle(value, "used")
            return _fold_unary(operator, value)
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
                value = _fold(part.operator, value, right)
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
        elif type(target) is syntax.Member or type(target) is syntax.Index:
            settle(self.value(target.object, scope), "used")
            if type(target) is syntax.Index:
                settle(self.value(target.index, scope), "used")
        else:
            self.bind(target, value, scope, declare=False)
        settle(value, "stored")
        return value

    @abstractmethod
    def reassign(self, variable: Variable, value: Value | None) -> None:
        """Give a variable another value."""

    @abstractmethod
    def bind(self, target: syntax.Node, value: Value | None, scope: Scope, *, declare: bool = True) -> None:
        """Bind the names of a pattern to the parts of a value."""

    def _function(self, node: syntax.Function, scope: Scope) -> Value | None:
        closure = Closure(node, scope, node.name)
        if self.frame is not None:
            self.frame.waiting.append(closure)
        else:
            scope.module.functions.append(closure)
        return closure

    def class_value(self, node: syntax.Class, scope: Scope) -> ClassValue:
        """Give a class with its members; what their initialisers say is evaluated here."""
        for part in (*node.decorators, *node.bases):
            self.value(part, scope)
        members: dict[str, Value | None] = {}
        fields: dict[str, Value | None] = {}
        found = ClassValue(node, scope, members, fields)
        for part in node.body:
            if type(part) is syntax.Property:
                value = self.value(part.value, scope)
                if part.key is not None:
                    members[part.key] = value
                    if type(value) is Closure:
                        value.name = value.name or part.key
                if part.key in {"constructor", "__init__"} and isinstance(part.value, syntax.Function):
                    fields.update(_kept(part.value))
            else:
                self.visit(part, scope)
        return found

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


def _kept(constructor: syntax.Function) -> Iterator[tuple[str, Value]]:
    """Give the parameters of a constructor that are a ctx by their type: it keeps them under their names."""
    for parameter in constructor.parameters:
        found = annotation_of(parameter.annotation)
        if found is not None and isinstance(parameter.target, syntax.Name):
            yield parameter.target.id, Ctx(found.path)


def _literal(node: syntax.Literal) -> Value | None:
    return Constant(node.value) if node.kind not in {"bigint", "bytes", "regex"} else None


def _fold_unary(operator: str, value: Value | None) -> Value | None:
    for option in options(value):
        if isinstance(option, Constant) and type(option.value) in (int, float) and operator == "-":
            return Constant(-option.value)  # type: ignore[operator]
    return None


def _fold(operator: str, left: Value | None, right: Value | None) -> Value | None:
    """Do arithmetic on constants: what delays and limits are written in."""
    if not (isinstance(left, Constant) and isinstance(right, Constant)):
        return None
    a, b = left.value, right.value
    if type(a) is str and type(b) is str and operator == "+":
        return Constant(a + b)
    if type(a) not in (int, float) or type(b) not in (int, float):
        return None
    return _arithmetic(operator, a, b)  # type: ignore[arg-type]


def _arithmetic(operator: str, a: float, b: float) -> Value | None:
    match operator:
        case "+":
            return Constant(a + b)
        case "-":
            return Constant(a - b)
        case "*":
            return Constant(a * b)
        case "/" if b:
            quotient = a / b
            return Constant(int(quotient) if quotient.is_integer() else quotient)
        case "%" if b and a >= 0 and b > 0:
            return Constant(a % b)
    return None


_HANDLERS: dict[type, Callable[..., Value | None]] = {
    syntax.Name: Evaluator._name,
    syntax.Object: Evaluator._object,
    syntax.Array: Evaluator._array,
    syntax.Operation: Evaluator._operation,
    syntax.Conditional: Evaluator._conditional,
    syntax.Assign: Evaluator._assign,
    syntax.Function: Evaluator._function,
    syntax.Class: Evaluator.class_value,
    syntax.Import: Evaluator._import,
    syntax.Template: Evaluator._template,
    syntax.Literal: lambda _evaluator, node, _scope: _literal(node),
}
