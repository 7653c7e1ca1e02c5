"""The graph for people: functions by module, each with what it uses, then crons, routes and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.graph.model import Edge, FunctionNode, Graph

__all__ = ["render_graph_text"]

_ARROWS = {
    "runQuery": "runs", "runMutation": "runs", "runAction": "runs", "schedule": "schedules", "cron": "runs",
    "route": "served by", "client": "uses", "reference": "refers to",
}  # fmt: skip


def render_graph_text(graph: Graph) -> str:
    """Render the graph as plain text, ending in a newline."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    known = {node.id: node for node in graph.functions}
    outgoing: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        outgoing.setdefault(edge.source, []).append(edge)
    for backend in graph.backends:
        yield f"{backend.root} ({backend.kind})"
        module = None
        for node in graph.functions:
            if node.backend != backend.root:
                continue
            if node.module != module:
                module = node.module
                yield f"  {module}"
            yield f"    {_title(node)}  {node.spot.path}:{node.spot.line}"
            yield from (f"      {_use(edge, known)}" for edge in outgoing.get(node.id, ()))
    for source in sorted(outgoing.keys() - known.keys()):
        yield source
        yield from (f"  {_use(edge, known)}" for edge in outgoing[source])
    found = sum(edge.target is not None for edge in graph.edges)
    counts = f"{_count(len(graph.functions), 'function')}, {_count(len(graph.edges), 'use')}"
    yield f"{counts}, {len(graph.edges) - found:,} not resolved."


def _title(node: FunctionNode) -> str:
    arguments = (
        "" if node.kind == "httpAction" else f"({node.args if node.args is not None else 'not declared'})"
    )
    return f"{node.visibility} {node.kind} {node.export or 'inline'}{arguments}"


def _use(edge: Edge, known: dict[str, FunctionNode]) -> str:
    where = f"{edge.spot.path}:{edge.spot.line}:{edge.spot.column}"
    via = f" ({edge.via})" if edge.via else ""
    if edge.target is None:
        what = "missing" if edge.status == "missing" else "not resolved"
        return f"{_ARROWS[edge.kind]} {edge.written}: {what}{via}  {where}"
    node = known[edge.target]
    name = node.name or node.export or "inline"
    return f"{_ARROWS[edge.kind]} {node.visibility} {node.kind} {name}{via}  {where}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
