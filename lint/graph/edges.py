"""The functions of one backend as nodes, and every reference in it as an edge."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Literal

from biconvex.lint.graph.model import Edge, EdgeKind, FunctionNode, Spot
from biconvex.lint.graph.shapes import arguments_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Body, CronJob, Function, FunctionReference, Place, Route
    from biconvex.lint.project import BackendFolder

__all__ = ["BackendGraph"]


class BackendGraph:
    """One backend in the graph. `neighbours` has all backends of the graph by root, for components."""

    def __init__(self, folder: BackendFolder, backend: Backend) -> None:
        self.folder = folder
        self.backend = backend
        self.neighbours: Mapping[str, BackendGraph] = {}
        self._bodies: dict[str, list[Body]] = {}
        for body in backend.bodies:
            self._bodies.setdefault(body.place.source.path, []).append(body)

    def nodes(self) -> Iterator[FunctionNode]:
        """Give every registered function."""
        for function in self.backend.functions:
            yield FunctionNode(
                id=self.id_of(function),
                backend=self.backend.root,
                module=function.module.path,
                name=function.reference,
                export=function.name,
                kind=function.kind,
                visibility=function.visibility,
                args=arguments_type(function.args),
                spot=spot(function.place),
            )

    def id_of(self, function: Function) -> str:
        """Give the id of a function."""
        if function.reference is not None:
            return f"{self.backend.root}/{function.reference}"
        where = spot(function.place)
        return f"{where.path}:{where.line}:{where.column}"

    def edges(self) -> Iterator[Edge]:
        """Give every use of a function within the backend."""
        ways: dict[Place, tuple[EdgeKind, str | None]] = {}
        plain: tuple[EdgeKind, str | None] = ("reference", None)
        for call in self.backend.run_calls:
            if call.reference is not None:
                ways[call.reference.place] = call.operation, f"ctx.{call.operation}"
        for schedule in self.backend.schedule_calls:
            if schedule.reference is not None:
                ways[schedule.reference.place] = "schedule", f"ctx.scheduler.{schedule.operation}"
        crons = {job.reference.place: job for job in self.backend.crons if job.reference is not None}
        for reference in self.backend.references:
            job = crons.get(reference.place)
            if job is not None:
                yield self._edge("cron", _cron_name(job), job.method, reference)
                continue
            kind, via = ways.get(reference.place, plain)
            for source in self._sources(reference.place):
                yield self._edge(kind, source, via, reference)
        yield from self._routes()

    def _routes(self) -> Iterator[Edge]:
        for route in self.backend.routes:
            name = _route_name(route)
            if route.handler is not None:
                written = route.handler.name or "handler"
                target = self.id_of(route.handler)
                yield Edge("route", name, route.method, written, target, "found", spot(route.place))
            elif not route.plain_handler:
                yield Edge("route", name, route.method, "?", None, "unknown", spot(route.place))

    def _edge(self, kind: EdgeKind, source: str, via: str | None, reference: FunctionReference) -> Edge:
        target = self.id_of(reference.function) if reference.function is not None else None
        status = reference.status
        if reference.root == "components":
            target = self.component_function(reference.path)
            status = "found" if target is not None else "unknown"
        return Edge(kind, source, via, reference.name, target, status, spot(reference.place))

    def component_function(self, path: tuple[str, ...]) -> str | None:
        """Give the id of `components.<name>.<module>.<function>`, if that component is in the graph."""
        app = self.backend.app_definition
        for installed in app.installed if app is not None else ():
            if path[0] not in {installed.name, installed.local} or not (installed.source or "").startswith(
                "."
            ):
                continue
            base = posixpath.dirname(app.place.source.path) if app is not None else ""
            root = posixpath.dirname(posixpath.normpath(posixpath.join(base, installed.source or "")))
            other = self.neighbours.get(root)
            function = other.function(path[1:]) if other is not None else None
            if other is not None and function is not None:
                return other.id_of(function)
        return None

    def function(self, path: tuple[str, ...]) -> Function | None:
        """Give the function that `api.<path>` or `internal.<path>` names."""
        return (
            self.backend.function_by_reference(f"{'/'.join(path[:-1])}:{path[-1]}") if len(path) > 1 else None
        )

    def status_of(self, path: tuple[str, ...]) -> Literal["missing", "unknown"]:
        """Tell whether a function that is not in sight is surely missing."""
        module = self.backend.modules.get("/".join(path[:-1]))
        if module is None:
            return "unknown" if "/".join(path[:-1]) in self.backend.unread else "missing"
        return "missing" if module.exports_complete and path[-1] not in module.exports else "unknown"

    def _sources(self, place: Place) -> list[str]:
        """Give the functions that reach the code at a place, or else the file it stands in."""
        around = [
            body
            for body in self._bodies.get(place.source.path, ())
            if body.place.start <= place.start and place.end <= body.place.end
        ]
        if around:
            body = min(around, key=lambda body: body.place.end - body.place.start)
            reached = [self.id_of(way.function) for way in self.backend.reached_by(body)]
            if reached:
                return sorted(reached)
        return [place.source.path]


def spot(place: Place) -> Spot:
    """Give a place for people."""
    position = place.source.position(place.start)
    return Spot(place.source.path, position.line, position.column)


def _cron_name(job: CronJob) -> str:
    return f"cron {job.identifier if job.identifier is not None else '?'}"


def _route_name(route: Route) -> str:
    path = route.path or (f"{route.prefix}*" if route.prefix else "?")
    return f"route {route.method or '?'} {path}"
