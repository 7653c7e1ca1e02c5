"""What the graph of function references is made of. Everything is plain, frozen and in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["BackendNode", "Edge", "EdgeKind", "FunctionNode", "Graph", "Spot"]

EdgeKind = Literal["reference", "runQuery", "runMutation", "runAction", "schedule", "cron", "route", "client"]


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a file, for people: the path relative to the working directory, 1-based line and column."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """A registered function.

    `id` is unique in the graph: the backend's root, then the reference (`convex/tasks:list`), or the place of
    a function without one. `name` is how Convex calls it (`tasks:list`), None without a reference. `args` is
    its argument validator as a type, None when it declares none, `?` when that is not known.
    """

    id: str
    backend: str
    module: str
    name: str | None
    export: str | None
    kind: str
    visibility: str
    args: str | None
    spot: Spot


@dataclass(frozen=True, slots=True)
class Edge:
    """A use of a function. `kind` says how.

    `source` is the id of the function that uses it, or a name: of a cron job, a route, a file. `via` is what
    does it (`ctx.runQuery`, `useQuery`, `interval`, `POST`), `written` the reference as the source has it,
    `target` the id of the function, None when it is not resolved; `status` then tells one that is surely
    `missing` from one that is `unknown`.
    """

    kind: EdgeKind
    source: str
    via: str | None
    written: str
    target: str | None
    status: Literal["found", "missing", "unknown"]
    spot: Spot


@dataclass(frozen=True, slots=True)
class BackendNode:
    """A backend: the path of its functions folder, and whether it is an app or a component."""

    root: str
    kind: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Backends by root, functions by backend and place, edges by source, then place."""

    backends: tuple[BackendNode, ...]
    functions: tuple[FunctionNode, ...]
    edges: tuple[Edge, ...]
