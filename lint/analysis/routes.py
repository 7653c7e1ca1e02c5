"""HTTP routes, as `http.ts` defines them (semantics §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import model
from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.registration import Registered
from biconvex.lint.analysis.values import Closure, Constant, Method, Record, Value
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from biconvex.lint.analysis.program import Program
    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import Function

__all__ = ["Router", "freeze_routers"]

_KEYS = {"path_prefix": "pathPrefix"}


class Router(Value):
    """What `httpRouter()` gives, with the routes defined on it so far."""

    made: CallSite
    routes: list[tuple[CallSite, Record | None]] = msgspec.field(default_factory=list)

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name == "route":
            given = site.argument(0)
            self.routes.append((site, given if isinstance(given, Record) else site.keywords))
        return None


def freeze_routers(
    routers: Iterable[Router], program: Program, functions: Mapping[Registered, Function]
) -> Iterator[tuple[model.Router, tuple[model.Route, ...]]]:
    """Give each router as a fact, with its routes."""
    for router in routers:
        fact = model.Router(_place(router.made), router.made.scope.module.fact, _deployed(router, program))
        yield fact, tuple(_route(site, config, fact, functions) for site, config in router.routes)


def _route(
    site: CallSite, config: Record | None, router: model.Router, functions: Mapping[Registered, Function]
) -> model.Route:
    values: dict[str, Value | None] = {}
    parts: dict[str, Place] = {}
    if config is not None:
        source = site.scope.module.source
        for key, value in config.fields.items():
            name = _KEYS.get(key, key)
            values[name] = value
            node = config.nodes.get(key, site.node)
            inside = site.node.start <= node.start and node.end <= site.node.end
            parts[name] = Place(source, node.start, node.end) if inside else _place(site)
    path, prefix, method = (
        text if isinstance(text := constant(values.get(name)), str) else None
        for name in ("path", "pathPrefix", "method")
    )
    handler = values.get("handler")
    return model.Route(
        place=_place(site),
        path=path,
        prefix=prefix,
        method=method,
        handler=functions.get(handler) if isinstance(handler, Registered) else None,
        router=router,
        parts=parts,
        complete=config is not None and config.complete and config.base is None,
        plain_handler=isinstance(handler, Closure | Constant),
    )


def _deployed(router: Router, program: Program) -> bool | None:
    """Tell whether Convex serves a router's routes."""
    module = program.modules.get("http")
    if module is None:
        return None if "http" in program.unread else False
    if module.is_python:
        return any(variable.get() is router for variable in module.scope.names.values())
    value = module.exported("default")
    if value is None and ("default" in module.exports or not module.exports_known()):
        return None
    return value is router if value is None or isinstance(value, Router) else None


def _place(site: CallSite) -> Place:
    return Place(site.scope.module.source, site.node.start, site.node.end)
