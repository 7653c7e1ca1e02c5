"""From paths to the graph: find the backends, analyse each, look for their clients, and put it all in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import analysis
from biconvex.lint.graph.clients import client_edges
from biconvex.lint.graph.edges import BackendGraph
from biconvex.lint.graph.model import BackendNode, Graph
from biconvex.lint.project import discover
from biconvex.lint.reading import Desk, read_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["build_graph"]


def build_graph(paths: Sequence[Path], cwd: Path) -> Graph:
    """Give the graph of every backend at, around or below the given paths; empty when there is none.

    Clients are looked for in the repository of each backend, outside of the functions folders. What can't be
    parsed is left out.
    """
    desk = Desk(cwd)
    folders = [folder for folder in discover(paths, cwd) if folder.files]
    graphs = [
        BackendGraph(folder, analysis.build(folder, read_folder(folder, desk).parsed)) for folder in folders
    ]
    for graph in graphs:
        graph.neighbours = {other.backend.root: other for other in graphs}
    edges = [edge for graph in graphs for edge in graph.edges()]
    edges += client_edges(graphs, desk)
    return Graph(
        backends=tuple(BackendNode(graph.backend.root, graph.backend.kind) for graph in graphs),
        functions=tuple(node for graph in graphs for node in graph.nodes()),
        edges=tuple(
            sorted(dict.fromkeys(edges), key=lambda edge: (edge.source, edge.spot, edge.kind, edge.written))
        ),
    )
