"""What is loaded into which runtime: deployed modules, and what they import."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.lookup import imported_for_types
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from biconvex.lint.model import Backend, Module, ModuleImport

__all__ = ["NEVER_IN_NODE", "Loading", "directive_place", "node_builtin"]

NEVER_IN_NODE = frozenset({"http", "crons", "schema", "auth.config"})
"""Modules that Convex evaluates in its own runtime (semantics §13.4)."""

_SURE = frozenset({
    "child_process", "cluster", "crypto", "dgram", "dns", "fs", "fs/promises", "http", "http2", "https",
    "inspector", "module", "net", "os", "perf_hooks", "readline", "repl", "tls", "tty", "v8", "vm",
    "worker_threads", "zlib",
})  # fmt: skip
"""Built-in modules of Node under whose plain name nobody installs a package for browsers."""

_CONVEX = frozenset({"convex", "convex-helpers", "@convex-dev"})
"""Where packages come from that run in both runtimes."""

_ALLOWED = frozenset({"async_hooks", "node:async_hooks"})


def node_builtin(source: str) -> bool:
    """Tell whether an import means a module of Node that Convex's own runtime doesn't have."""
    return source not in _ALLOWED and (source.startswith("node:") or source in _SURE)


def directive_place(module: Module) -> Place:
    """Give the place of `"use node"` in a module that has it."""
    for node in module.syntax.body:
        value = node.value if isinstance(node, syntax.ExpressionStatement) else None
        if isinstance(value, syntax.Literal) and value.value == "use node":
            return Place(module.source, value.start, value.end)
    return Place(module.source, 0, 0)


class Loading:
    """Which modules Convex loads into its own runtime."""

    def __init__(self, backend: Backend) -> None:
        self._modules = backend.modules
        self._importers: dict[str, list[tuple[Module, ModuleImport]]] = {}
        for module in backend.modules.values():
            for imported in module.imports:
                if imported.target is not None and not imported.type_only:
                    self._importers.setdefault(imported.target, []).append((module, imported))

    def way_to(self, module: Module) -> tuple[ModuleImport, ...] | None:
        """Give the imports that lead from a module of Convex's own runtime to this one; none to itself.

        None when no such module leads to it.
        """
        onward: dict[str, tuple[str, ModuleImport] | None] = {module.path: None}
        queue = deque([module])
        while queue:
            at = queue.popleft()
            if at.runtime == "node":
                continue
            if at.is_entry or at.path in NEVER_IN_NODE:
                return tuple(self._steps(at.path, onward))
            for importer, imported in self._importers.get(at.path, ()):
                if importer.path not in onward and not imported_for_types(importer, imported):
                    onward[importer.path] = (at.path, imported)
                    queue.append(importer)
        return None

    def is_loaded_elsewhere(self, module: Module) -> bool:
        """Tell whether a module that doesn't run in Node imports this one at run time."""
        return any(
            importer.runtime != "node" and not imported_for_types(importer, imported)
            for importer, imported in self._importers.get(module.path, ())
        )

    def needs_node(self, module: Module) -> ModuleImport | None:
        """Give the import by which a module, or one that it imports, needs a module of Node."""
        seen = {module.path}
        queue = deque([module])
        while queue:
            for imported in queue.popleft().imports:
                if imported.type_only:
                    continue
                if imported.target is None and node_builtin(imported.source):
                    return imported
                if imported.target is not None and imported.target not in seen:
                    seen.add(imported.target)
                    queue.append(self._modules[imported.target])
        return None

    def has_packages(self, module: Module) -> bool:
        """Tell whether a module imports packages other than Convex's own, which may need Node in turn."""
        return any(
            imported.target is None
            and not imported.type_only
            and not imported.source.startswith(".")
            and imported.source.partition("/")[0] not in _CONVEX
            and "_generated/" not in imported.source
            for imported in module.imports
        )

    @staticmethod
    def _steps(start: str, onward: dict[str, tuple[str, ModuleImport] | None]) -> Iterable[ModuleImport]:
        step = onward[start]
        while step is not None:
            after, imported = step
            yield imported
            step = onward[after]
