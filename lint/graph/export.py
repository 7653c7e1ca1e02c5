"""The graph for programs: as JSON, and as DOT for Graphviz."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.graph.model import Edge, FunctionNode, Graph

__all__ = ["VERSION", "render_graph_dot", "render_graph_json"]

VERSION = 1
"""The version of the JSON format. It grows when a field changes or goes; new fields may come without it."""

_SHAPES = {"query": "ellipse", "mutation": "box", "action": "hexagon", "httpAction": "house"}
_STYLES = {"schedule": "dashed", "cron": "dashed", "client": "dotted"}


def render_graph_json(graph: Graph) -> str:
    """Render the graph as one JSON object, indented, ending in a newline."""
    return json.dumps({"version": VERSION, **asdict(graph)}, indent=2) + "\n"


def render_graph_dot(graph: Graph) -> str:
    """Render the graph as a DOT digraph: modules are clusters, internal functions grey, what is not found red."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield "digraph biconvex {"
    yield "  rankdir=LR;"
    modules: dict[str, list[FunctionNode]] = {}
    for node in graph.functions:
        modules.setdefault(f"{node.backend}/{node.module}", []).append(node)
    for module, nodes in modules.items():
        yield f"  subgraph {_quoted('cluster_' + module)} {{"
        yield f"    label={_quoted(module)};"
        yield from (f"    {_node(node)}" for node in nodes)
        yield "  }"
    known = {node.id for node in graph.functions}
    others = {edge.source for edge in graph.edges} - known
    yield from (f"  {_quoted(source)} [shape=plaintext];" for source in sorted(others))
    lost = {edge.written for edge in graph.edges if edge.target is None}
    yield from (f"  {_quoted(written)} [color=red, shape=plaintext];" for written in sorted(lost))
    yield from dict.fromkeys(f"  {_edge(edge)}" for edge in graph.edges)
    yield "}"


def _node(node: FunctionNode) -> str:
    colour = ', style=filled, fillcolor="#dddddd"' if node.visibility == "internal" else ""
    return (
        f"{_quoted(node.id)} [label={_quoted(node.export or 'inline')}, shape={_SHAPES[node.kind]}{colour}];"
    )


def _edge(edge: Edge) -> str:
    target = edge.target if edge.target is not None else edge.written
    label = f"label={_quoted(edge.via or edge.kind)}"
    style = f", style={_STYLES[edge.kind]}" if edge.kind in _STYLES else ""
    return f"{_quoted(edge.source)} -> {_quoted(target)} [{label}{style}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
