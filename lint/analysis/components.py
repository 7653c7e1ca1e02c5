"""Which components an app installs, as `convex.config.ts` says (semantics §12.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import syntax
from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.values import External, Method, Record, Value
from biconvex.lint.model import AppDefinition, InstalledComponent, Place

if TYPE_CHECKING:
    from biconvex.lint.analysis.modules import ModuleState
    from biconvex.lint.analysis.program import Program
    from biconvex.lint.analysis.values import CallSite

__all__ = ["Application", "app_definition"]


class Application(Value):
    """What `defineApp()` or `defineComponent("name")` gives, with what it uses so far."""

    made: CallSite
    used: list[CallSite] = msgspec.field(default_factory=list)

    @property
    def name(self) -> str | None:
        """The name that a component has unless whoever installs it gives it another."""
        name = constant(self.made.argument(0))
        return name if isinstance(name, str) else None

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name == "use":
            self.used.append(site)
        return None


def app_definition(program: Program) -> AppDefinition | None:
    """Give what the backend's `convex.config` defines; None without one."""
    module = program.modules.get("convex.config")
    if module is None:
        return None
    value = module.exported("default")
    if not isinstance(value, Application):
        return AppDefinition(Place(module.source, 0, 0), (), complete=False)
    installed = tuple(_installed(site, module) for site in value.used)
    known = all(each.name or each.source or each.local for each in installed)
    return AppDefinition(_place(value.made), installed, complete=known and not module.broken)


def _installed(site: CallSite, module: ModuleState) -> InstalledComponent:
    given, node, options = site.argument(0), site.argument_node(0), site.argument(1)
    local = node.id if isinstance(node, syntax.Name) else None
    source = given.source if isinstance(given, External) and given.source else None
    if source is None and local is not None:
        of_local = (each.source for each in module.fact.imports if ("default", local) in each.names)
        source = next(of_local, None)
    name: object = given.name if isinstance(given, Application) else None
    if isinstance(options, Record):
        if options.has("name") is not False:
            name = constant(options.member("name"))
    elif len(site.node.arguments) > 1:
        name = None
    return InstalledComponent(_place(site), name if isinstance(name, str) else None, source, local)


def _place(site: CallSite) -> Place:
    return Place(site.scope.module.source, site.node.start, site.node.end)
