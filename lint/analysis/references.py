"""Function references: which function each `api.a.b`, `internal.a.b` or `"a:b"` means (semantics §1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from biconvex.lint import syntax
from biconvex.lint.analysis.values import ClassValue, Closure, Constant, Sequence
from biconvex.lint.model import FunctionReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from biconvex.lint.analysis.modules import ModuleState
    from biconvex.lint.analysis.values import Value
    from biconvex.lint.model import Function, Place

__all__ = ["References", "written_references"]

_ACCESS = (syntax.Member, syntax.Index)

Root = Literal["api", "internal", "components", "string"]


class References:
    """Resolves references, each place of the source once."""

    def __init__(
        self,
        modules: Mapping[str, ModuleState],
        unread: frozenset[str],
        functions: Mapping[str, Function],
        *,
        fragment: bool = False,
    ) -> None:
        self._fragment = fragment
        self._modules = modules
        self._unread = unread
        self._functions = functions
        paths = [*modules, *unread]
        self._folders = {*paths, *(path[:at] for path in paths for at in _slashes(path))}
        self.found: dict[Place, FunctionReference] = {}
        self.open: set[tuple[str, ...]] = set()
        """Paths of which a value was taken whose members are not in sight: `internal[name]`, `f(internal.tasks)`."""

    def resolve(self, root: Root, path: tuple[str, ...], place: Place) -> FunctionReference | None:
        """Give the reference at a place. `path` is the written path, or the whole of a string.

        None for a path that ends at a module or a folder: what is taken from it is the reference.
        """
        known = self.found.get(place)
        if known is not None:
            return known
        if root in {"api", "internal"} and "/".join(path) in self._folders:
            self.open.add((root, *path))
            return None
        if root == "components":
            reference = FunctionReference(root, path, place, "unknown")
        else:
            module, name = _split(root, path)
            function = self._functions.get(f"{module}:{name}")
            status = "found" if function is not None else self._status(module, name)
            reference = FunctionReference(root, path, place, status, function)
        self.found[place] = reference
        return reference

    def _status(self, path: str, name: str) -> Literal["missing", "unknown"]:
        """Tell whether it is certain that a module has no such function."""
        module = self._modules.get(path)
        if self._fragment or path in self._unread:
            return "unknown"
        if module is None or not module.fact.is_entry:
            return "missing"
        if name not in module.fact.exports:
            return "missing" if module.fact.exports_complete else "unknown"
        return "missing" if _is_plain(module.exported(name)) else "unknown"


def _is_plain(value: Value | None) -> bool:
    """Tell whether a value is certainly no registered function."""
    if isinstance(value, Closure):
        return not value.node.decorators
    return isinstance(value, Constant | ClassValue | Sequence)


def _slashes(path: str) -> Iterator[int]:
    return (at for at, character in enumerate(path) if character == "/")


def _split(root: Root, path: tuple[str, ...]) -> tuple[str, str]:
    """Give the module path and the name of the export."""
    if root != "string":
        return "/".join(path[:-1]), path[-1]
    module, _, name = path[0].rpartition(":")
    return (module.removesuffix(".js"), name) if module else (path[0].removesuffix(".js"), "default")


def written_references(
    nodes: Iterable[syntax.Node], roots: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], syntax.Node]]:
    """Find every reference in code that was not walked, by the local names of `api` and `internal`.

    A path that is too short for one is a part of the API that goes somewhere else.
    """
    stack: list[syntax.Node] = list(nodes)
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is syntax.Literal:
            continue
        if isinstance(node, syntax.Name):
            if node.id in roots:
                yield roots[node.id], node
            continue
        if kind is syntax.Member or kind is syntax.Index:
            names: list[str] = []
            at: syntax.Node = node
            while isinstance(at, _ACCESS):
                if isinstance(at, syntax.Member):
                    names.append(at.name)
                elif isinstance(at.index, syntax.Literal) and isinstance(at.index.value, str):
                    names.append(at.index.value)
                else:
                    break
                at = at.object
            if isinstance(at, syntax.Name) and at.id in roots:
                yield (*roots[at.id], *reversed(names)), node
                continue
        stack.extend(syntax.children(node))
