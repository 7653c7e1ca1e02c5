"""A backend as one program: its modules, what is registered in them, and the walk from there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, cast

from biconvex.lint import syntax
from biconvex.lint.analysis.collect import Collector
from biconvex.lint.analysis.ctx import Ctx, overlay
from biconvex.lint.analysis.data import Documents, data_of
from biconvex.lint.analysis.externals import PackageValue, external_value
from biconvex.lint.analysis.functions import FunctionTable
from biconvex.lint.analysis.modules import ModuleState, Namespace
from biconvex.lint.analysis.names import GENERATED_API
from biconvex.lint.analysis.references import References, written_references
from biconvex.lint.analysis.resolve import Resolver
from biconvex.lint.analysis.schema import SchemaDefinition, freeze_schema
from biconvex.lint.analysis.validators import shape_of
from biconvex.lint.analysis.values import Closure, External, Instance, Record, Value
from biconvex.lint.model import Place, Schema
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from biconvex.lint.aliases import Aliases
    from biconvex.lint.analysis.frames import BodyDraft
    from biconvex.lint.analysis.registration import Registered, Registrar
    from biconvex.lint.analysis.scopes import Scope
    from biconvex.lint.model import FunctionReference
    from biconvex.lint.parsed import ParsedFile

__all__ = ["Program"]

_STRING_REFERENCE = re.compile(r"^[\w./]+(?::[\w$]+)?$")


class _Package(Value):
    """A Python package as a value: its members are names of its `__init__`, or modules in it."""

    program: Program
    path: str
    module: ModuleState | None

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        if self.module is not None and name in self.module.exports:
            return self.module.exported(name)
        found = self.program.modules.get(f"{self.path}{name}")
        if found is not None:
            return Namespace(found)
        inner = f"{self.path}{name}/"
        return _Package(self.program, inner, self.program.modules.get(f"{inner}__init__"))


class Program:
    """The modules of a backend, by module path, and the walk through them."""

    def __init__(
        self,
        files: Sequence[tuple[str, ParsedFile]],
        root: str,
        aliases: Aliases,
        unread: frozenset[str] = frozenset(),
        *,
        fragment: bool = False,
    ) -> None:
        self.fragment = fragment
        self.walker = Collector(self)
        self.unread = unread
        self.modules: dict[str, ModuleState] = {}
        self.duplicates: list[ModuleState] = []
        for path, parsed in files:
            module = ModuleState(self, path, parsed)
            if self.modules.setdefault(module.path, module) is not module:
                self.duplicates.append(module)
        self.resolver = Resolver(self.modules, root, aliases)
        self.function_table = FunctionTable(self)
        self.reference_table = References(
            self.modules, unread, self.function_table.by_reference, fragment=fragment
        )
        self._served: set[int] = set()
        self._documents: Documents | None = None
        self._ready = False
        self._noted: list[tuple[tuple[str, ...], Place]] = []
        self._contexts: dict[tuple[int, ...], tuple[Value, tuple[BodyDraft, ...]]] = {}
        self.links: dict[str, set[str]] = {}
        """The files that each file imports, by their paths."""
        self.entangled: set[str] = {module.source.path for module in self.duplicates}
        """Files of which more or less may be known in another company: see `Backend.entangled`."""
        self.entangled.update(self.modules[module.path].source.path for module in self.duplicates)

    # --- imports ---

    def module_for(self, source: str, importer: ModuleState) -> ModuleState | None:
        """Give the module of the backend that an import means."""
        path = self.resolver.module(source, importer.path, python=importer.is_python)
        module = self.modules.get(path) if path is not None else None
        if module is not None and module.is_python != importer.is_python:
            same = (m for m in self.duplicates if m.path == path and m.is_python == importer.is_python)
            module = next(same, module)
        if module is not None:
            self._link(importer, module)
        return module

    def _link(self, importer: ModuleState, module: ModuleState) -> None:
        self.links.setdefault(importer.source.path, set()).add(module.source.path)

    def imported(self, source: str, name: str, importer: ModuleState) -> Value | None:
        """Give the value of a name that is imported; `*` is the module itself."""
        module = self.module_for(source, importer)
        if module is not None and not (importer.is_python and module.path.endswith("__init__")):
            return Namespace(module) if name == "*" else self._from(module, name, importer)
        if importer.is_python:
            folder = self.resolver.folder(source, importer.path)
            if folder is not None:
                for path, inner in self.modules.items():
                    if path.startswith(folder):
                        self._link(importer, inner)
                package = _Package(self, folder, module)
                return package if name == "*" else package.member(name)
        package_name = self.resolver.package(source, importer.path, python=importer.is_python)
        if source.startswith(".") and package_name == source:
            return None
        if name == "*":
            return PackageValue(package_name or source)
        return external_value(package_name or source, (name,))

    def _from(self, module: ModuleState, name: str, importer: ModuleState) -> Value | None:
        if name == "default" and importer.is_python:
            return None
        return module.exported(name)

    # --- phases ---

    def run(self) -> None:
        """Evaluate all modules, then walk from every registered function, then every helper that takes a ctx."""
        for module in [*self.modules.values(), *self.duplicates]:
            module.evaluate()
        self.function_table.fill()
        self._ready = True
        for path, place in self._noted:
            self._resolve(path, place)
        for draft in self.function_table.roots():
            self.walker.demand(draft)
            self.walker.walk_queued()
        for module in self.modules.values():
            for closure in module.functions:
                if id(closure.node) not in self.walker.bodies:
                    self._helper(closure)
        self.walker.unfinished_queries()
        self._unwalked_references()

    def _helper(self, closure: Closure) -> None:
        """Walk a function that nobody in sight calls, if it takes a ctx: by its type, or else by the name `ctx`."""
        parameters = closure.node.parameters
        keeps = isinstance(closure.this, Instance) and bool(closure.this.of.fields)
        shapes: tuple[Hashable, ...] = ()
        annotation_of = closure.scope.module.types.annotation
        if not keeps and not any(annotation_of(parameter.annotation) for parameter in parameters):
            first = parameters[0] if parameters else None
            named = first is not None and isinstance(first.target, syntax.Name) and first.target.id == "ctx"
            if first is None or not named or first.annotation is not None:
                return
            shapes = (Ctx(exact=False).shape(),)
        self.walker.demand(self.walker.draft_of(closure, shapes))
        self.walker.walk_queued()

    def handler_draft(self, registered: Registered) -> tuple[BodyDraft, ...]:
        """Give the bodies that Convex runs for a function: its handler, and what a custom builder runs first."""
        if registered.handler is None:
            return ()
        ctx, before = self._context(registered.registrar)
        draft = self.walker.draft_of(registered.handler, (ctx.shape(),))
        known = data_of(registered.declaration("args", shape_of).shape)
        # one handler may serve several functions, with other arguments
        draft.arguments = known if id(draft) not in self._served else None
        if id(draft) in self._served:
            draft.closure.scope.module.entangle()
        self._served.add(id(draft))
        return (draft, *before)

    def _context(self, registrar: Registrar) -> tuple[Value, tuple[BodyDraft, ...]]:
        """Give the ctx that a builder's handlers get, and the functions that make it."""
        key = tuple(id(part) for part in registrar.customizations)
        known = self._contexts.get(key)
        if known is not None:
            return known
        ctx: Value = Ctx()
        before: list[BodyDraft] = []
        for part in registrar.customizations:
            if part.nothing:
                continue
            if part.closure is None:
                ctx = Ctx(exact=False)
                continue
            draft = self.walker.draft_of(part.closure, (ctx.shape(),))
            self.walker.demand(draft)
            self.walker.walk_queued()
            before.append(draft)
            returned = self.walker.unwrapped(draft.returned)
            if part.wrapped:
                returned = returned.member("ctx") if isinstance(returned, Record) else None
            ctx = overlay(returned)
        self._contexts[key] = ctx, tuple(before)
        return self._contexts[key]

    # --- references ---

    def note_reference(self, path: tuple[str, ...], node: syntax.Node, scope: Scope) -> None:
        """Note a reference that is written in the source, or a part of the API that goes out of sight."""
        if len(path) <= 2:
            self.reference_table.open.add(path)
            return
        place = Place(scope.module.source, node.start, node.end)
        if not self._ready:
            self._noted.append((path, place))
        else:
            self._resolve(path, place)

    def reference(self, path: tuple[str, ...], node: syntax.Node, scope: Scope) -> FunctionReference | None:
        """Give the reference that an expression is."""
        return self._resolve(path, Place(scope.module.source, node.start, node.end))

    def named(self, text: str, node: syntax.Node, scope: Scope) -> FunctionReference | None:
        """Give the reference that a string is."""
        if not _STRING_REFERENCE.match(text):
            return None
        return self.reference_table.resolve(
            "string", (text,), Place(scope.module.source, node.start, node.end)
        )

    def _resolve(self, path: tuple[str, ...], place: Place) -> FunctionReference | None:
        root = path[0]
        if root not in {"api", "internal", "components"}:
            return None
        return self.reference_table.resolve(
            cast("Literal['api', 'internal', 'components']", root), path[1:], place
        )

    def _unwalked_references(self) -> None:
        for module in self.modules.values():
            roots: dict[str, tuple[str, ...]] = {}
            for name, variable in module.scope.names.items():
                value = variable.value
                if isinstance(value, External) and value.source == GENERATED_API:
                    roots[name] = value.path
            if not roots:
                continue
            left = [c.node for c in module.functions if id(c.node) not in self.walker.bodies]
            for path, node in written_references(left, roots):
                self.note_reference(path, node, module.scope)

    # --- schema ---

    @property
    def documents(self) -> Documents:
        """The documents of the tables. Asked for when all modules are evaluated."""
        if self._documents is None:
            self._documents = Documents(self.schema())
        return self._documents

    def schema(self) -> Schema | None:
        """Give the schema; None without a schema file."""
        modules = [*self.modules.values(), *self.duplicates]
        found = [_schema_of(module) for module in modules if module.path == "schema"]
        if self.fragment:
            found = [_partly_known(schema) for schema in found]
        if len(found) < 2:
            return found[0] if found else None
        # one in each language: together they are the schema
        tables = {name: table for schema in reversed(found) for name, table in schema.tables.items()}
        complete = all(schema.complete for schema in found)
        return Schema(found[0].place, tables, complete, all(schema.validates for schema in found))


def _partly_known(schema: Schema) -> Schema:
    """Give a schema of which only a part is shown: there may be other tables, and other indexes."""
    tables = {name: replace(table, complete=False) for name, table in schema.tables.items()}
    return replace(schema, tables=tables, complete=False)


def _schema_of(module: ModuleState) -> Schema:
    """Give the schema that a file defines: its default export, or the one definition in it."""
    value = module.exported("default")
    if not isinstance(value, SchemaDefinition) and (module.is_python or value is None):
        found = (variable.get() for variable in list(module.scope.names.values()))
        value = next((each for each in found if isinstance(each, SchemaDefinition)), None)
    if isinstance(value, SchemaDefinition):
        return freeze_schema(value)
    return Schema(Place(module.source, 0, 0), {}, complete=False)
