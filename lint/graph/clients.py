"""The clients of a backend: scripts outside of it, in the same repository, that refer to its functions by `api`."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.references import written_references
from biconvex.lint.clients import client_scripts, names_functions
from biconvex.lint.graph.model import Edge, Spot
from biconvex.lint.parse import parse
from biconvex.lint.project import language_of, shown_path
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from biconvex.lint.graph.edges import BackendGraph
    from biconvex.lint.reading import Desk

__all__ = ["client_edges"]

_GENERATED = re.compile(r"^(?P<folder>.*?)/?_generated/api(?:\.[cm]?[jt]s)?$")
_SIMULATOR = "biconvex.sim.server"
_REPOSITORY = (".git",)
_PROJECT = ("package.json", "pyproject.toml", "convex.json")
_ROOTS = frozenset({"api", "internal"})


def client_edges(graphs: Sequence[BackendGraph], desk: Desk) -> list[Edge]:
    """Give every use of a function by a client of the given backends, in the order of files.

    Functions folders are not searched, nor what belongs to packages, nor a file that can't be read or parsed.
    """
    folders = {graph.folder.root for graph in graphs}
    tops = sorted({_repository(folder) for folder in folders})
    tops = [top for top in tops if not any(other in top.parents for other in tops)]
    edges: list[Edge] = []
    for top in tops:
        for path in client_scripts(top, folders):
            edges += _edges_of(path, graphs, desk)
    return edges


def _repository(folder: Path) -> Path:
    """Give the folder of the repository, or at least of the project, that a functions folder is in."""
    for marks in (_REPOSITORY, _PROJECT):
        for parent in folder.parents:
            if any((parent / mark).exists() for mark in marks):
                return parent
    return folder.parent


def _edges_of(path: Path, graphs: Sequence[BackendGraph], desk: Desk) -> Iterator[Edge]:
    if path.is_symlink():
        return
    try:
        data = desk.read(path)
    except OSError:
        return
    if not names_functions(data):
        return
    source = SourceFile(shown_path(path, desk.cwd), language_of(path), data)
    module = parse(source).module
    imported = list(_imported(module, path, graphs))
    if not imported:
        return
    ways = _ways(module)
    for local, root, graph in imported:
        for written, node in written_references(module.body, {local: (root,)}):
            if len(written) > 2:  # less is a part of the API that goes somewhere else
                yield _edge(source, graph, written, node, ways.get((node.start, node.end)))


def _imported(
    module: syntax.Module, path: Path, graphs: Sequence[BackendGraph]
) -> Iterator[tuple[str, str, BackendGraph]]:
    """Give the local name of each `api` or `internal` that a script imports, and whose it is."""
    for node in module.body:
        if not isinstance(node, syntax.Import) or node.type_only:
            continue
        for name in node.names:
            if name.imported in _ROOTS and not name.type_only:
                graph = _owner(node.source, path, graphs)
                if graph is not None:
                    yield name.local, name.imported, graph


def _owner(source: str, path: Path, graphs: Sequence[BackendGraph]) -> BackendGraph | None:
    """Give the backend whose generated code an import names; by an alias, the nearest that fits its path."""
    if source == _SIMULATOR:
        return _nearest(
            path, [graph for graph in graphs if any(file.suffix == ".py" for file in graph.folder.files)]
        )
    found = _GENERATED.match(source)
    if found is None:
        return None
    folder = found["folder"]
    if source.startswith("."):
        target = Path(os.path.normpath(path.parent / folder))
        return next((graph for graph in graphs if graph.folder.root == target), None)
    last = posixpath.basename(folder).lstrip("@~$#")
    fitting = [graph for graph in graphs if graph.folder.root.name == last]
    return _nearest(path, fitting or [graph for graph in graphs if graph.backend.kind == "app"])


def _nearest(path: Path, graphs: Sequence[BackendGraph]) -> BackendGraph | None:
    def shared(graph: BackendGraph) -> int:
        return len(Path(os.path.commonpath([path, graph.folder.root])).parts)

    return max(graphs, key=shared, default=None)


def _ways(module: syntax.Module) -> dict[tuple[int, int], str]:
    """Give the callee of the call that each expression is an argument of, by the expression's place."""
    ways: dict[tuple[int, int], str] = {}
    for node in syntax.walk(module):
        if isinstance(node, syntax.Call):
            callee = _spelled(node.callee)
            if callee is not None:
                ways.update(((argument.start, argument.end), callee) for argument in node.arguments)
    return ways


def _spelled(callee: syntax.Node) -> str | None:
    if isinstance(callee, syntax.Name):
        return callee.id
    if isinstance(callee, syntax.Member):
        owner = _spelled(callee.object)
        return f"{owner}.{callee.name}" if owner is not None else callee.name
    return None


def _edge(
    source: SourceFile, graph: BackendGraph, written: tuple[str, ...], node: syntax.Node, via: str | None
) -> Edge:
    function = graph.function(written[1:])
    position = source.position(node.start)
    target = graph.id_of(function) if function is not None else None
    status = graph.status_of(written[1:]) if function is None else "found"
    where = Spot(source.path, position.line, position.column)
    return Edge("client", source.path, via, ".".join(written), target, status, where)
