"""HTTP routes that Convex refuses.

## What it does

Finds calls of `http.route` that throw: without a handler, a method or a path, with both a path and a prefix, with a
method that is none, with a path that doesn't begin with a slash or a prefix that doesn't end with one, with the
reserved path `/.files`, or for a path and method that an earlier route has. It also finds handlers that are no HTTP
actions.

## Why is this bad?

The routes are made when `http.ts` is loaded. One that throws fails the whole deployment.

## Example

```ts
http.route({ path: "tasks", method: "get", handler: listTasks });
```

## Use instead

```ts
http.route({ path: "/tasks", method: "GET", handler: listTasks });
```

## Known limits

Silent where what matters is computed. Two routes for the same path are reported only if both are surely made.

## References

* https://docs.convex.dev/functions/http-actions#defining-http-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import replace
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.http._shared import route_case
from biconvex.rules.wording import a_kind, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Place, Route, Router

__all__ = ["InvalidRoute"]

_PATH = {"path": '"/tasks"'}
_GET = {"method": '"GET"', "handler": "serve"}

SILENT = (
    route_case(
        "one path for two methods", {**_PATH, **_GET}, {**_PATH, "method": '"POST"', "handler": "serve"}
    ),
    route_case("a path and the prefix below it", {**_PATH, **_GET}, {"pathPrefix": '"/tasks/"', **_GET}),
    route_case("what is computed", {"path": "path", "method": "method", "handler": "handler"}),
    Case(
        "one of two",
        typescript={
            "http.ts": """\
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
if (process.env.STAGE) {
  http.route({ path: "/tasks", method: "GET", handler: httpAction(async () => new Response("staging")) });
} else {
  http.route({ path: "/tasks", method: "GET", handler: httpAction(async () => new Response("production")) });
}
export default http;
"""
        },
        python={
            "http.py": """\
import os
from biconvex.sim.server import Response, http_action, http_router

@http_action
async def serve(ctx, request):
    return Response("ok")

http = http_router()
if os.environ["STAGE"]:
    http.route(path="/tasks", method="GET", handler=serve)
else:
    http.route(path="/tasks", method="GET", handler=serve)
"""
        },
    ),
)

FLAGGED = (
    route_case("a path without a slash", {"path": '«"tasks"»', **_GET}, fixed={**_PATH, **_GET}),
    route_case(
        "a method in small letters",
        {**_PATH, "method": '«"get"»', "handler": "serve"},
        fixed={**_PATH, **_GET},
    ),
    route_case(
        "a method that Convex routes with GET",
        {**_PATH, "method": '«"HEAD"»', "handler": "serve"},
        fixed={**_PATH, **_GET},
    ),
    route_case("no handler", {**_PATH, "method": '"GET"'}, marked=True),
    route_case("no path", _GET, marked=True),
    route_case("a path and a prefix", {**_PATH, "pathPrefix": '«"/tasks/"»', **_GET}),
    route_case(
        "a prefix without its last slash",
        {"pathPrefix": '«"/tasks"»', **_GET},
        fixed={"pathPrefix": '"/tasks/"', **_GET},
    ),
    route_case("the path of stored files", {"path": '«"/.files"»', **_GET}),
    route_case("the same twice", {**_PATH, **_GET}, {"path": '«"/tasks"»', **_GET}),
)

_METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


class InvalidRoute(Rule):
    """The first mistake of every route, in the order in which Convex looks for them."""

    name = "invalid-route"
    theme = "http"
    severity = Severity.ERROR
    scope = "linked"
    fixable = "unsafe"
    links = ("https://docs.convex.dev/functions/http-actions#defining-http-actions",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield at most one problem for each route."""
        taken: dict[tuple[Router, str | None, str | None, str], Route] = {}
        for route in backend.routes:
            problem = _mistake(route)
            if problem is not None:
                yield problem
            elif route.method and (route.path or route.prefix):
                earlier = taken.setdefault((route.router, route.path, route.prefix, route.method), route)
                if earlier is not route and _always_made(route) and _always_made(earlier):
                    path = route.path or route.prefix
                    yield Problem(
                        route.parts["path" if route.path else "pathPrefix"],
                        f"`{path}` has a route for {route.method} already: Convex refuses a second one.",
                        help="remove one of the two",
                        evidence=((earlier.place, "the first route"),),
                    )


def _mistake(route: Route) -> Problem | None:
    return _missing(route) or _of_method(route) or _of_path(route) or _of_handler(route)


def _missing(route: Route) -> Problem | None:
    parts, place = route.parts, route.place
    prefix = spelled("pathPrefix", place)
    if not route.complete:
        return None
    for part in ("handler", "method"):
        if part not in parts:
            return Problem(place, f"This route has no {part}: Convex refuses it.", help=f"give it a `{part}`")
    if "path" not in parts and "pathPrefix" not in parts:
        return Problem(
            place,
            f"This route has neither a `path` nor a `{prefix}`: Convex refuses it.",
            help=f"give it a `path`, or a `{prefix}`",
        )
    if "path" in parts and "pathPrefix" in parts:
        return Problem(
            parts["pathPrefix"],
            f"This route has a `path` and a `{prefix}`: Convex refuses it.",
            help="make two routes of it, or remove one of the two",
        )
    return None


def _of_method(route: Route) -> Problem | None:
    method, place = route.method, route.parts.get("method")
    if method is None or place is None or method in _METHODS:
        return None
    remedy = {"HEAD": "GET"}.get(method.upper(), method.upper())
    return Problem(
        place,
        f"`{method}` is no method that Convex routes: it takes {', '.join(_METHODS)}.",
        help=f'write `"{remedy}"`' if remedy in _METHODS else "use one of these",
        fix=_rewrite(place, method, remedy) if remedy in _METHODS else None,
    )


def _of_path(route: Route) -> Problem | None:
    key, path = ("path", route.path) if route.path is not None else ("pathPrefix", route.prefix)
    place = route.parts.get(key)
    if path is None or place is None:
        return None
    prefix = key == "pathPrefix"
    if not path.startswith("/"):
        return _refused(place, f"`{path}` does not begin with a slash", path, f"/{path}")
    if prefix and not path.endswith("/"):
        return _refused(place, f"The prefix `{path}` does not end with a slash", path, f"{path}/")
    if path.startswith("/.files/") or (path == "/.files" and not prefix):
        return _refused(place, f"`{path}` is reserved for stored files", path, None)
    return None


def _refused(place: Place, fact: str, path: str, remedy: str | None) -> Problem:
    return Problem(
        place,
        f"{fact}: Convex refuses the route.",
        help=f'write `"{remedy}"`' if remedy else "use another path",
        fix=_rewrite(place, path, remedy) if remedy else None,
    )


def _rewrite(place: Place, text: str, remedy: str) -> Fix | None:
    """Give the fix that writes another text into a string; None for what is no plain string."""
    written = place.text
    if written[1:-1] != text or written[:1] not in {'"', "'"}:
        return None
    return Fix(f"write `{remedy}`", (replace(place, f"{written[0]}{remedy}{written[0]}"),), safe=False)


def _of_handler(route: Route) -> Problem | None:
    place, function = route.parts.get("handler"), route.handler
    if place is None or not (route.plain_handler or (function and function.kind != "httpAction")):
        return None
    fact = f"is {a_kind(function)}" if function else "is a plain function"
    return Problem(
        place,
        f"The handler of this route {fact}: Convex can only call HTTP actions for a request.",
        help=f"make it with `{spelled('httpAction', place)}`",
    )


def _always_made(route: Route) -> bool:
    """Tell whether a route is made whenever its file is loaded."""
    start, module = route.place.start, route.router.module
    statements = module.syntax.body if module.source is route.place.source else []
    around = next((node for node in statements if node.start <= start < node.end), None)
    return isinstance(around, syntax.ExpressionStatement)
