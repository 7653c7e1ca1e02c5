"""Walking statements: blocks and their scopes, branches, loops, and what is left to itself."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.composites import class_value
from biconvex.lint.analysis.ctx import Ctx
from biconvex.lint.analysis.data import Data, without
from biconvex.lint.analysis.evaluate import Evaluator
from biconvex.lint.analysis.loops import bounds_of, is_endless
from biconvex.lint.analysis.narrowing import tests_ctx
from biconvex.lint.analysis.promises import drafts_of, settle
from biconvex.lint.analysis.queries import Chain
from biconvex.lint.analysis.results import escape, note_parts, note_use
from biconvex.lint.analysis.scopes import Scope, Variable, bound_names, declared_names
from biconvex.lint.analysis.sequences import elements_of
from biconvex.lint.analysis.values import (
    Choice,
    ClassValue,
    Closure,
    Instance,
    Record,
    Sequence,
    Value,
    choose,
    options,
)
from biconvex.lint.model import Loop, Place

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Statements"]


class Statements(Evaluator):
    """Walks statements; what its functions do is the business of `Walker`, its subclass."""

    @abstractmethod
    def keep(self, closure: Closure) -> None:
        """Remember a named function of a body, to be walked when it is called, or at the body's end."""

    @abstractmethod
    def iterate(self, chain: Chain, node: syntax.Loop, scope: Scope) -> Sequence:
        """Note that an async loop runs a query."""

    @abstractmethod
    def thrown(self, node: syntax.Throw, scope: Scope) -> None:
        """Note what is thrown."""

    def visit(self, node: syntax.Node, scope: Scope) -> Value | None:
        """Take a node that may be a statement or an expression; of anything else, take its children."""
        handler = _STATEMENTS.get(type(node))
        if handler is not None:
            return handler(self, node, scope)
        for child in syntax.children(node):
            settle(self.value(child, scope), "used")
        return None

    def block(self, statements: list[syntax.Node], scope: Scope) -> None:
        """Walk the statements of a block whose names are declared already or here."""
        frame = self.frame
        if frame is None:
            return
        self.hoist(statements, scope)
        outer_block, outer_leaves = frame.block, frame.leaves
        self.blocks += 1
        frame.block = self.blocks
        if frame.in_statement_loop:
            frame.leaves = _leaves(statements, frame.in_switch, outer_leaves)
        for statement in statements:
            exits = frame.exits
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                handler(self, statement, scope)
            else:
                settle(self.value(statement, scope), "used")
            if frame.waiting:
                self._flush()
            if frame.exits != exits:
                # what follows runs only when that did not leave the function
                frame.conditional += 1
                if type(statement) is syntax.If and self.tests_ctx(statement.test, scope):
                    frame.narrowed += 1
        frame.block, frame.leaves = outer_block, outer_leaves

    def hoist(self, statements: list[syntax.Node], scope: Scope) -> None:
        """Declare the names of a block; functions have their value from its beginning."""
        for name in declared_names(statements) if not scope.module.is_python else ():
            if name not in scope.names:
                scope.declare(name)
        for statement in statements:
            if type(statement) is syntax.Function and statement.name and not statement.decorators:
                closure = Closure(statement, scope, statement.name)
                self.assign(scope.declare(statement.name), closure)
                self.keep(closure)

    def _flush(self) -> None:
        """Walk the function expressions that no call of this statement has claimed."""
        frame = self.frame
        while frame is not None and frame.waiting:
            settle(self.callback(frame.waiting[0], [], certain=False), "returned")

    def _inner(self, scope: Scope) -> Scope:
        """Open the scope of a block; Python has none of its own."""
        return scope if scope.module.is_python else Scope(scope.module, scope)

    # --- declarations ---

    def declare(self, node: syntax.Declare, scope: Scope) -> Value | None:
        """`const target = value`."""
        value = self.value(node.value, scope) if node.value is not None else None
        frame, target = self.frame, node.target
        if type(target) is syntax.Name:
            if isinstance(value, Closure) and frame is not None and value in frame.waiting:
                frame.waiting.remove(value)
                self.keep(value)
                value.name = value.name or target.id
            variable = scope.find(target.id) if scope.module.is_python else scope.names.get(target.id)
            if variable is None:
                variable = scope.declare(target.id)
            self.reassign(variable, value)
            if variable.scope.parent is None:
                self.module_write(target, "=", node, scope)
            if frame is not None and frame.draft is not None:
                frame.draft.variables += [(variable, draft) for draft in drafts_of(value)]
        else:
            settle(value, "used")
            self.bind(target, value, scope)
        return None

    def reassign(self, variable: Variable, value: Value | None) -> None:
        """Give a variable another value: instead of its own, or besides it if that may still hold."""
        self.assign(variable, value)

    def assign(self, variable: Variable, value: Value | None) -> None:
        """Give a variable a value at this point of the walk."""
        block = self.frame.block if self.frame else 0
        if variable.block is None or variable.block == block:
            variable.value = value
        else:
            variable.value = choose([variable.get(), value])
        if variable.block is None:
            variable.block = block

    def bind(self, target: syntax.Node, value: Value | None, scope: Scope, *, declare: bool = True) -> None:
        """Bind the names of a pattern to the parts of a value."""
        if type(target) is syntax.Name:
            variable = (scope.names.get(target.id) if declare else None) or scope.find(target.id)
            if variable is None or (declare and variable.scope is not scope and not scope.module.is_python):
                variable = scope.declare(target.id)
            self.assign(variable, value)
        elif type(target) is syntax.Default:
            given = self.value(target.value, scope)
            self.bind(target.target, value if value is not None else given, scope, declare=declare)
        elif type(target) is syntax.ObjectPattern or type(target) is syntax.Object:
            self._bind_object(target, value, scope, declare=declare)
        elif type(target) is syntax.ArrayPattern or type(target) is syntax.Array:
            items = value.items if isinstance(value, Sequence) else None
            if isinstance(value, Sequence):
                note_parts(value, target, scope)
            for at, element in enumerate(target.elements):
                if type(element) is syntax.Spread:
                    self.bind(element.value, None, scope, declare=declare)
                elif element is not None:
                    part = items[at] if items is not None and at < len(items) else None
                    if isinstance(value, Sequence) and items is None:
                        part = value.element
                    self.bind(element, part, scope, declare=declare)
        elif type(target) is syntax.Spread:
            self.bind(target.value, None, scope, declare=declare)
        elif type(target) is syntax.Member or type(target) is syntax.Index:
            settle(self.value(target, scope), "used")

    def _bind_object(
        self,
        target: syntax.ObjectPattern | syntax.Object,
        value: Value | None,
        scope: Scope,
        *,
        declare: bool,
    ) -> None:
        taken: set[str | None] = set()
        for item in target.properties:
            if type(item) is syntax.Spread:
                self.bind(item.value, _rest(value, taken), scope, declare=declare)
            elif type(item) is syntax.Property:
                if item.computed is not None:
                    self.value(item.computed, scope)
                part = value.member(item.key) if value is not None and item.key is not None else None
                taken.add(item.key)
                self.bind(item.value, part, scope, declare=declare)

    def function_statement(self, node: syntax.Function, scope: Scope) -> Value | None:
        """`function f() {}` is hoisted; a decorated one is bound where it stands."""
        if not node.decorators:
            return None
        for decorator in node.decorators:
            self.value(decorator, scope)
        closure = Closure(node, scope, node.name)
        if node.name:
            self.assign(scope.declare(node.name), closure)
        self.keep(closure)
        return None

    def class_statement(self, node: syntax.Class, scope: Scope) -> Value | None:
        """Bind a class; its methods are walked when they are called, or at the body's end."""
        found: ClassValue = class_value(self, node, scope)
        for member in found.members.values():
            if isinstance(member, Closure) and self.frame is not None and member in self.frame.waiting:
                self.frame.waiting.remove(member)
                member.this = Instance(found)
                self.keep(member)
        if node.name:
            self.assign(scope.declare(node.name), found)
        return None

    def import_statement(self, node: syntax.Import, scope: Scope) -> Value | None:
        """Bind the names that an import within a function brings, as Python has it."""
        module = self.import_value(node.source, scope)
        for name in node.names:
            value = module if name.imported == "*" else module.member(name.imported) if module else None
            self.assign(scope.declare(name.local), value)
        return module if node.dynamic else None

    # --- control ---

    def expression_statement(self, node: syntax.ExpressionStatement, scope: Scope) -> Value | None:
        """An expression whose value nobody takes: its promises float."""
        settle(self.value(node.value, scope), "floating")
        return None

    def give(self, node: syntax.Return, scope: Scope) -> Value | None:
        """`return value`."""
        value = self.value(node.value, scope) if node.value is not None else None
        escape(value)
        if self.frame is None or not self.frame.hands_back:
            settle(value, "returned")
        if self.frame is not None:
            self.frame.returns.append(value)
            self.frame.exits += 1
        return None

    def throw(self, node: syntax.Throw, scope: Scope) -> Value | None:
        """`throw value`."""
        if node.value is not None:
            settle(self.value(node.value, scope), "used")
        if self.frame is not None:
            self.frame.exits += 1
            self.thrown(node, scope)
        return None

    def branch(self, node: syntax.If, scope: Scope) -> Value | None:
        """`if`; a long `else if` is followed without recursion."""
        entered: list[bool] = []
        while True:
            narrowed = self.tests_ctx(node.test, scope)
            settle(self.value(node.test, scope), "used")
            self.enter(narrowed=narrowed)
            entered.append(narrowed)
            self.block(node.then, self._inner(scope))
            rest = node.otherwise
            if len(rest) != 1 or type(rest[0]) is not syntax.If:
                break
            node = rest[0]
        if rest:
            self.block(rest, self._inner(scope))
        for narrowed in entered:
            self.leave(narrowed=narrowed)
        return None

    def loop(self, node: syntax.Loop, scope: Scope) -> Value | None:
        """Any loop; a comprehension gives its elements."""
        inner = Scope(scope.module, scope) if node.kind == "comprehension" else self._inner(scope)
        place = Place(scope.module.source, node.start, node.end)
        through, source = Sequence(), None
        if node.iterable is not None:
            source = self.value(node.iterable, scope)
            through = self._through(source, node, scope)
        elif node.kind == "for":
            self.hoist(node.header, inner)
            for part in node.header[:1]:
                self.visit(part, inner)
            through = Sequence(bounds_of(node, lambda part: self.value(part, inner)))
        endless = is_endless(node)
        found = Loop(node.kind, place, node, through.bound, through.query, endless)
        if node.each is not None:
            for name in bound_names(node.each):
                if name not in inner.names:
                    inner.declare(name)
            self.bind(node.each, through.element if node.kind != "for-in" else None, inner)
        return self.in_loop(
            found, lambda: self._rounds(node, through, inner), statement=node.kind != "comprehension"
        )

    def _rounds(self, node: syntax.Loop, through: Sequence, inner: Scope) -> Value | None:
        for part in node.header[1:] if node.kind == "for" else node.header:
            settle(self.visit_part(part, inner), "used")
        if node.kind != "comprehension":
            self.block(node.body, inner)
            return None
        values = [self.value(part, inner) for part in node.body]
        drafts = tuple(draft for value in values for draft in drafts_of(value))
        element = values[0] if len(values) == 1 else None
        for draft in drafts:
            draft.through = "map"
        return Sequence(through.bound, through.query, drafts=drafts, element=element)

    def visit_part(self, node: syntax.Node, scope: Scope) -> Value | None:
        """Take a part of a loop's header."""
        return self.value(node, scope)

    def _through(self, source: Value | None, node: syntax.Loop, scope: Scope) -> Sequence:
        """Tell what a loop goes through; an async one over a query runs it."""
        settle(source, "gathered")
        if isinstance(source, Sequence):
            note_use(source, "iterate", node, node.iterable, scope)
        known = options(source)
        chains = [option for option in known if isinstance(option, Chain)]
        if chains:
            found = [self.iterate(chain, node, scope) for chain in chains]
            return found[0] if len(found) == 1 else Sequence()
        return elements_of(source) if not isinstance(source, Choice) else Sequence()

    def in_loop(
        self, loop: Loop, walk: Callable[[], Value | None], *, statement: bool = False
    ) -> Value | None:
        """Walk what a loop runs."""
        frame = self.frame
        if frame is None:
            return walk()
        outer = (frame.loops, frame.leaves, frame.in_statement_loop, frame.in_switch)
        frame.loops = (*frame.loops, loop)
        frame.leaves, frame.in_statement_loop, frame.in_switch = False, statement, False
        frame.conditional += 1
        value = walk()
        frame.conditional -= 1
        frame.loops, frame.leaves, frame.in_statement_loop, frame.in_switch = outer
        return value

    def attempt(self, node: syntax.Try, scope: Scope) -> Value | None:
        """`try`."""
        self.block(node.body, self._inner(scope))
        if node.handler is not None:
            inner = self._inner(scope)
            if node.parameter is not None:
                self.bind(node.parameter, None, inner)
            self.enter()
            self.block(node.handler, inner)
            self.leave()
        if node.final:
            self.block(node.final, self._inner(scope))
        return None

    def inner_block(self, node: syntax.Block, scope: Scope) -> Value | None:
        """A block; the cases of a `switch` may each run or not."""
        self.block(node.body, self._inner(scope))
        return None

    def other(self, node: syntax.Other, scope: Scope) -> Value | None:
        """Whatever else: its parts, in order."""
        frame = self.frame
        if frame is None or node.kind not in {"switch", "case", "default"}:
            for child in node.children:
                settle(self.value(child, scope), "used")
            return None
        if node.kind == "switch":
            outer, frame.in_switch = frame.in_switch, True
            for child in node.children:
                settle(self.value(child, scope), "used")
            frame.in_switch = outer
            return None
        rest = node.children
        if node.kind == "case" and rest:
            settle(self.value(rest[0], scope), "used")
            rest = rest[1:]
        self.enter()
        self.block(rest, scope)
        self.leave()
        return None

    # --- tests on the ctx ---

    def tests_ctx(self, test: syntax.Node, scope: Scope) -> bool:
        """Tell whether a test asks what kind of ctx it has."""
        return tests_ctx(test, scope)


def _rest(value: Value | None, taken: set[str | None]) -> Value | None:
    """Give what a pattern leaves of an object: the rest of a ctx still has its parts."""
    if isinstance(value, Ctx):
        return value
    if isinstance(value, Data):
        return without(value, taken)
    if not isinstance(value, Record):
        return None
    fields = {name: part for name, part in value.fields.items() if name not in taken}
    return Record(fields, value.nodes, value.base, value.complete and None not in taken)


def _leaves(statements: list[syntax.Node], in_switch: bool, outer: bool) -> bool:
    """Tell whether a block of a loop, once it runs to its end, leaves the loop."""
    for statement in statements:
        if type(statement) in (syntax.Return, syntax.Throw):
            return True
        if type(statement) is syntax.Other:
            if statement.kind == "break" and not in_switch:
                return True
            if statement.kind == "continue":
                return False
    return outer


_STATEMENTS: dict[type, Callable[..., Value | None]] = {
    syntax.Declare: Statements.declare,
    syntax.ExpressionStatement: Statements.expression_statement,
    syntax.Return: Statements.give,
    syntax.Throw: Statements.throw,
    syntax.If: Statements.branch,
    syntax.Loop: Statements.loop,
    syntax.Try: Statements.attempt,
    syntax.Block: Statements.inner_block,
    syntax.Function: Statements.function_statement,
    syntax.Class: Statements.class_statement,
    syntax.Import: Statements.import_statement,
    syntax.Other: Statements.other,
}
