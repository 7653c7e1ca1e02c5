"""HTTP routes with parameters or wildcards in their path.

## What it does

Finds `:id`, `{id}`, `[id]` and `*` in the `path` or `pathPrefix` of a route.

## Why is this bad?

Convex compares the whole path letter by letter, and a prefix likewise. There are no parameters and no wildcards:
`/users/:id` matches the request `/users/:id` and no other, so every real one gets "No matching routes found".

## Example

```ts
http.route({ path: "/users/:id", method: "GET", handler: getUser });
```

## Use instead

```ts
http.route({ pathPrefix: "/users/", method: "GET", handler: getUser });
// in getUser: const id = new URL(request.url).pathname.split("/").at(-1);
```

## Known limits

Silent where a path is computed, and for routers of other libraries, such as Hono, which do have parameters. A colon
within a segment (`/tasks:batch`) is no parameter.

## References

* https://docs.convex.dev/functions/http-actions#defining-http-actions
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.http._shared import route_case
from biconvex.rules.wording import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Place

__all__ = ["PathParameter"]

_GET = {"method": '"GET"', "handler": "serve"}

SILENT = (
    route_case(
        "an exact path and a prefix", {"path": '"/users"', **_GET}, {"pathPrefix": '"/users/"', **_GET}
    ),
    route_case("a colon within a segment", {"path": '"/v1/tasks:batch"', **_GET}),
    route_case("a path that is computed", {"path": 'base + "/:id"', **_GET}),
    route_case("a file name", {"path": '"/.well-known/agent.json"', **_GET}),
)

FLAGGED = (
    route_case("a parameter", {"path": '«"/users/:id"»', **_GET}),
    route_case("a parameter in the middle", {"path": '«"/users/:id/posts"»', **_GET}),
    route_case("a wildcard", {"path": '«"/*"»', **_GET}),
    route_case("braces in a prefix", {"pathPrefix": '«"/teams/{team}/"»', **_GET}),
    route_case("brackets", {"path": '«"/files/[name]"»', **_GET}),
)

_PARAMETER = re.compile(r"(?<=/)(:[A-Za-z_]\w*\??|\[[^/\]]+\])(?=/|$)|\{[^/}]+\}|(?<=/)<[^/>]+>|\*+")


class PathParameter(Rule):
    """Every part of a literal path that looks like a parameter or a wildcard."""

    name = "path-parameter"
    theme = "http"
    severity = Severity.ERROR
    links = ("https://docs.convex.dev/functions/http-actions#defining-http-actions",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each path or prefix with a parameter."""
        for route in backend.routes:
            for key, path in (("path", route.path), ("pathPrefix", route.prefix)):
                found = _PARAMETER.search(path) if path is not None else None
                if path is not None and found is not None and key in route.parts:
                    place = route.parts[key]
                    yield Problem(
                        place,
                        f"Convex compares paths letter by letter: `{found.group()}` in `{path}` stands for nothing "
                        "but itself.",
                        help=_help(path[: found.start()], place),
                    )


def _help(before: str, place: Place) -> str:
    prefix, key = before[: before.rfind("/") + 1] or "/", spelled("pathPrefix", place)
    given = f'{key}="{prefix}"' if place.source.language == "python" else f'{key}: "{prefix}"'
    return f"route `{given}`, and take what follows from the path of `request.url`"
