"""Modules: the top level of each file, evaluated when somebody asks, and what it exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from biconvex.lint import syntax
from biconvex.lint.analysis.composites import class_value
from biconvex.lint.analysis.entries import is_entry_point, module_path, runtime_of
from biconvex.lint.analysis.evaluate import DEEPEST
from biconvex.lint.analysis.registration import decorate
from biconvex.lint.analysis.scopes import Scope, Variable, bound_names
from biconvex.lint.analysis.types import TypeNames
from biconvex.lint.analysis.values import ClassValue, Closure, Instance, Record, Value, choose
from biconvex.lint.model import Module, ModuleImport, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from biconvex.lint.analysis.program import Program
    from biconvex.lint.parsed import ParsedFile

__all__ = ["ModuleState", "Namespace"]


class Namespace(Value):
    """A module as a value: `import * as x`."""

    module: ModuleState

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return self.module.exported(name)


class _Export(msgspec.Struct, frozen=True, eq=False):
    """Where an exported name comes from: a name of this module, or one of another."""

    node: syntax.Node
    local: str
    source: str | None = None


class ModuleState:
    """One file: its top-level scope, its exports, and the functions written at its top level."""

    def __init__(self, program: Program, path: str, parsed: ParsedFile) -> None:
        self.program = program
        self.file = path
        self.path = module_path(path)
        self.source = parsed.source
        self.tree = parsed.module
        self.is_python = parsed.source.language == "python"
        self.broken = bool(parsed.errors)
        self.scope = Scope(self)
        self.types = TypeNames(self)
        self.functions: list[Closure] = []
        self.exports: dict[str, _Export] = {}
        self.stars: list[str] = []
        self._order: list[Callable[[], object]] = []
        self._resolving: set[str] = set()
        self._fact: Module | None = None
        self._declare(self.tree.body)

    def entangle(self) -> None:
        """Note that what is known of this file depends on who leads to it first."""
        self.program.entangled.add(self.source.path)

    # --- declaring ---

    def _declare(self, statements: list[syntax.Node]) -> None:
        for statement in statements:
            kind = type(statement)
            if kind is syntax.Export:
                self._export(cast("syntax.Export", statement))
            elif kind is syntax.Import:
                self._import(cast("syntax.Import", statement))
            elif kind in (syntax.Declare, syntax.Function, syntax.Class):
                self._definition(statement)
            elif isinstance(statement, syntax.If):
                self._evaluated(statement.test)
                self._declare(statement.then)
                self._declare(statement.otherwise)
            elif isinstance(statement, syntax.Try):
                self._declare([*statement.body, *(statement.handler or []), *statement.final])
            elif isinstance(statement, syntax.Block):
                self._declare(statement.body)
            elif isinstance(statement, syntax.Loop):
                for part in (statement.iterable, *statement.header):
                    if part is not None:
                        self._evaluated(part)
                self._declare(statement.body)
            elif isinstance(statement, syntax.ExpressionStatement):
                self._common_js(statement.value)
                self._evaluated(statement.value)
            else:
                self._evaluated(statement)

    def _evaluated(self, node: syntax.Node) -> None:
        self._order.append(lambda: self.program.walker.value(node, self.scope))

    def _define(self, name: str, node: syntax.Node, thunk: Callable[[], Value | None]) -> None:
        known = self.scope.names.get(name)
        if known is not None:
            thunk = _either(known, thunk)
        variable = Variable(self.scope, thunk=thunk)
        self.scope.names[name] = variable
        self._order.append(variable.get)
        if self.is_python:
            self.exports[name] = _Export(node, name)

    def _definition(self, node: syntax.Node) -> None:
        if isinstance(node, syntax.Declare):
            self._constant(node)
        elif isinstance(node, syntax.Function) and node.name:
            self._define(node.name, node, lambda: self._function(node))
        elif isinstance(node, syntax.Class) and node.name:
            self._define(node.name, node, lambda: self._class(node))

    def _constant(self, node: syntax.Declare) -> None:
        walker, target = self.program.walker, node.target
        if node.value is None:
            for name in bound_names(target):
                self._define(name, target, lambda: None)
            return
        value = node.value
        if isinstance(target, syntax.Name):
            self._define(target.id, target, lambda: _named(target.id, walker.value(value, self.scope)))
            return
        parts = Scope(self, self.scope)
        state = [False]

        def part(name: str) -> Value | None:
            if not state[0]:
                state[0] = True
                walker.bind(target, walker.value(value, self.scope), parts)
            found = parts.names.get(name)
            return found.value if found else None

        for name in bound_names(target):
            parts.declare(name)
            self._define(name, target, lambda name=name: part(name))  # type: ignore[misc]

    def _function(self, node: syntax.Function) -> Value | None:
        closure = Closure(node, self.scope, node.name)
        self.functions.append(closure)
        if not node.decorators:
            return closure
        decorators = [(part, self.program.walker.value(part, self.scope)) for part in node.decorators]
        return decorate(decorators, closure, self)

    def _class(self, node: syntax.Class) -> ClassValue:
        found = class_value(self.program.walker, node, self.scope)
        for member in found.members.values():
            if isinstance(member, Closure):
                member.this = Instance(found)
        return found

    def _import(self, node: syntax.Import) -> None:
        for name in node.names:
            imported, local = name.imported, name.local
            thunk = _importing(self, node.source, imported)
            self.scope.names[local] = Variable(self.scope, thunk=thunk)
            if self.is_python:
                self.exports.setdefault(local, _Export(node, imported, node.source))

    def _export(self, node: syntax.Export) -> None:
        for local, exported in node.names:
            if local == "*" and exported == "*":
                if node.source is not None:
                    self.stars.append(node.source)
            else:
                self.exports[exported] = _Export(node, local, node.source)
        declared = node.declaration
        if declared is None or node.type_only:
            return
        if node.default:
            name = declared.name if isinstance(declared, syntax.Function | syntax.Class) else None
            if name:
                self._definition(declared)
            else:
                name = "*default*"
                value = declared.value if isinstance(declared, syntax.ExpressionStatement) else declared
                self._define(name, declared, lambda: self.program.walker.value(value, self.scope))
            self.exports["default"] = _Export(declared, name)
        elif isinstance(declared, syntax.Declare):
            self._constant(declared)
            for name in bound_names(declared.target):
                self.exports[name] = _Export(declared.target, name)
        elif isinstance(declared, syntax.Function | syntax.Class) and declared.name:
            self._definition(declared)
            self.exports[declared.name] = _Export(declared, declared.name)

    def _common_js(self, node: syntax.Node) -> None:
        """`exports.name = value` and `module.exports = {…}`."""
        if not (
            isinstance(node, syntax.Assign)
            and isinstance(node.target, syntax.Member)
            and node.operator == "="
        ):
            return
        target, value = node.target, node.value
        owner = target.object
        if isinstance(owner, syntax.Member):
            whole = isinstance(owner.object, syntax.Name) and (owner.object.id, owner.name) == (
                "module",
                "exports",
            )
        else:
            whole = isinstance(owner, syntax.Name) and owner.id == "exports"
        if whole:
            self._define(
                f"*exports.{target.name}", target, lambda: self.program.walker.value(value, self.scope)
            )
            self.exports[target.name] = _Export(target, f"*exports.{target.name}")
        named = isinstance(owner, syntax.Name) and (owner.id, target.name) == ("module", "exports")
        if named and isinstance(value, syntax.Object):
            self._define("*exports*", target, lambda: self.program.walker.value(value, self.scope))
            for item in value.properties:
                if isinstance(item, syntax.Property) and item.key is not None:
                    self._member_export(item.key, item)

    def _member_export(self, key: str, item: syntax.Property) -> None:
        def part() -> Value | None:
            whole = self.scope.names["*exports*"].get()
            return whole.member(key) if isinstance(whole, Record) else None

        self._define(f"*exports.{key}", item, part)
        self.exports[key] = _Export(item, f"*exports.{key}")

    # --- evaluating ---

    def evaluate(self) -> None:
        """Evaluate everything at the top level, in order."""
        for thunk in self._order:
            thunk()

    def exported(self, name: str) -> Value | None:
        """Give the value that a module exports under a name."""
        walker = self.program.walker
        if walker.depth >= DEEPEST:
            self.entangle()
            return None
        walker.depth += 1
        export = self.exports.get(name)
        if export is None:
            value = self._from_stars(name)
        elif export.source is not None:
            value = self.program.imported(export.source, export.local, self)
        else:
            variable = self.scope.names.get(export.local)
            value = walker.read(variable) if variable is not None else None
        walker.depth -= 1
        return value

    def _from_stars(self, name: str) -> Value | None:
        """Give what an `export *` brings under a name; a circle of them ends."""
        if name in self._resolving:
            self.entangle()
            return None
        if name == "default":
            return None
        self._resolving.add(name)
        found: Value | None = None
        for source in self.stars:
            other = self.program.module_for(source, self)
            found = other.exported(name) if other is not None else None
            if found is not None:
                break
        self._resolving.discard(name)
        return found

    def all_exports(self) -> Iterator[tuple[str, syntax.Node, ModuleState]]:
        """Give every exported name in sight with the node and module that say so, `export *` followed."""
        seen: set[str] = set()
        visited: set[int] = set()
        stack = [self]
        while stack:
            module = stack.pop()
            if id(module) in visited:
                continue
            visited.add(id(module))
            for name, export in module.exports.items():
                if name not in seen and (module is self or name != "default"):
                    seen.add(name)
                    yield name, export.node, module
            others = [module.program.module_for(source, module) for source in module.stars]
            stack += [other for other in reversed(others) if other is not None]

    def exports_known(self) -> bool:
        """Tell whether all that it exports is in sight."""
        if self.broken or self.program.fragment:
            return False
        visited: set[int] = set()
        stack = [self]
        while stack:
            module = stack.pop()
            if id(module) in visited:
                continue
            visited.add(id(module))
            for source in module.stars:
                other = module.program.module_for(source, module)
                if other is None or other.broken:
                    return False
                stack.append(other)
        return True

    @property
    def fact(self) -> Module:
        """The module as a fact."""
        if self._fact is None:
            exports = {
                name: Place(module.source, node.start, node.end) for name, node, module in self.all_exports()
            }
            runtime = cast("Literal['default', 'node']", runtime_of(self.tree))
            entry = is_entry_point(self.file, self.source.data)
            self._fact = Module(
                self.path,
                self.source,
                self.tree,
                runtime,
                entry,
                exports,
                self.exports_known(),
                self._imports(),
            )
        return self._fact

    def _imports(self) -> tuple[ModuleImport, ...]:
        """Give what the top level imports, in order."""
        found: list[ModuleImport] = []
        for node in self.tree.body:
            value = node.value if isinstance(node, syntax.Declare | syntax.ExpressionStatement) else node
            source = value.source if isinstance(value, syntax.Import | syntax.Export) else None
            if source is None or not isinstance(value, syntax.Import | syntax.Export):
                continue
            target = self.program.module_for(source, self)
            names = value.names if isinstance(value, syntax.Import) else []
            values = tuple((name.imported, name.local) for name in names if not name.type_only)
            type_only = value.type_only or (bool(names) and not values)
            place = Place(self.source, value.start, value.end)
            found.append(ModuleImport(source, target.path if target else None, place, type_only, values))
        return tuple(found)


def _named(name: str, value: Value | None) -> Value | None:
    """Give a function that a constant holds the name of the constant."""
    if isinstance(value, Closure):
        value.name = value.name or name
    return value


def _either(known: Variable, thunk: Callable[[], Value | None]) -> Callable[[], Value | None]:
    return lambda: choose([known.get(), thunk()])


def _importing(module: ModuleState, source: str, name: str) -> Callable[[], Value | None]:
    return lambda: module.program.imported(source, name, module)
