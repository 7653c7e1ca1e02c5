"""The functions of a backend: every registration, under each name that it is exported by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.registration import Registered
from biconvex.lint.analysis.routes import Router
from biconvex.lint.analysis.validators import shape_of
from biconvex.lint.model import Function, Place

if TYPE_CHECKING:
    from biconvex.lint.analysis.frames import BodyDraft
    from biconvex.lint.analysis.modules import ModuleState
    from biconvex.lint.analysis.program import Program

__all__ = ["FunctionTable", "name_place"]


class FunctionTable:
    """Every registered function, by module and place, and the bodies that Convex runs for it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.entries: list[tuple[Function, tuple[BodyDraft, ...]]] = []
        self.by_reference: dict[str, Function] = {}
        self.of_registered: dict[Registered, Function] = {}

    def fill(self) -> None:
        """Collect the functions, once all modules are evaluated."""
        program = self._program
        for module in [*program.modules.values(), *program.duplicates]:
            self._of_module(module)
        for module in program.modules.values():
            self._inline_routes(module)
        order = {id(module.source): at for at, module in enumerate(program.modules.values())}
        self.entries.sort(
            key=lambda entry: (order.get(id(entry[0].module.source), len(order)), entry[0].place.start)
        )

    def roots(self) -> list[BodyDraft]:
        """Give the bodies that Convex runs."""
        return [draft for _, drafts in self.entries for draft in drafts]

    def _of_module(self, module: ModuleState) -> None:
        exported: set[str] = set()
        for name, node, owner in module.all_exports():
            if isinstance(node, syntax.Import):
                continue
            value = module.exported(name)
            if isinstance(value, Registered):
                exported.add(name)
                if owner is module and name in module.exports:
                    exported.add(module.exports[name].local)
                self._add(value, name, name_place(node, name, owner), module, exported=True)
        for name, variable in list(module.scope.names.items()):
            value = variable.get()
            known = name in exported or name.startswith("*")
            if known or not isinstance(value, Registered) or value.module is not module:
                continue
            if value not in self.of_registered:
                self._add(value, name, self._local_place(value, name), module, exported=False)

    def _local_place(self, value: Registered, name: str) -> Place:
        """Give the place of a name that is not exported, from the statement that declares it."""
        for node in value.module.tree.body:
            if (
                isinstance(node, syntax.Declare)
                and isinstance(node.target, syntax.Name)
                and node.target.id == name
            ):
                return Place(value.module.source, node.target.start, node.target.end)
        return Place(value.module.source, value.builder.start, value.builder.end)

    def _inline_routes(self, module: ModuleState) -> None:
        for variable in module.scope.names.values():
            router = variable.get()
            for _, config in router.routes if isinstance(router, Router) else ():
                handler = config.member("handler") if config else None
                if isinstance(handler, Registered) and handler not in self.of_registered:
                    place = Place(handler.module.source, handler.builder.start, handler.builder.end)
                    self._add(handler, None, place, handler.module, exported=False)

    def _add(
        self, value: Registered, name: str | None, place: Place, module: ModuleState, *, exported: bool
    ) -> None:
        reference = f"{module.path}:{name}" if exported and module.fact.is_entry else None
        if value.handler is not None and value.handler.name in {None, "", "handler"}:
            value.handler.name = name
        drafts = self._program.handler_draft(value)
        source = value.module.source
        function = Function(
            reference=reference,
            name=name,
            kind=value.registrar.kind,
            visibility=value.registrar.visibility,
            module=module.fact,
            place=place,
            registration=Place(source, value.node.start, value.node.end),
            builder=Place(source, value.builder.start, value.builder.end),
            handler=drafts[0].body if drafts else None,
            args=value.declaration("args", shape_of),
            returns=value.declaration("returns", shape_of),
            exported=exported,
            custom=value.registrar.custom,
            object_syntax=value.object_syntax,
            uses_arguments=value.uses_arguments(),
            opaque=value.registrar.opaque,
        )
        self.entries.append((function, drafts))
        self.of_registered.setdefault(value, function)
        if reference is not None:
            self.by_reference.setdefault(reference, function)


def name_place(node: syntax.Node, name: str, module: ModuleState) -> Place:
    """Give the place of an exported name within the node that exports it."""
    source = module.source
    if isinstance(node, syntax.Name | syntax.Call | syntax.Cast):
        return Place(source, node.start, node.end)
    pattern = rf"\b(?:def|function\s*\*?|class)\s+({re.escape(name)})\b"
    if not isinstance(node, syntax.Function | syntax.Class):
        pattern = rf"\b({re.escape(name)})\b"
    found = re.search(pattern.encode(), source.data[node.start : node.end])
    if found is None:
        return Place(source, node.start, node.end)
    return Place(source, node.start + found.start(1), node.start + found.end(1))
