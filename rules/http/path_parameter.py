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
within a segment (`/tasks:batch`) is no parameter. The fix is for a parameter at the end of a path; the handler still
has to take it from the path of `request.url`.

## References

* https://docs.convex.dev/functions/http-actions#defining-http-actions
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.fixes import rename_property
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.http._shared import route_case
from biconvex.rules.wording import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Place, Route

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
    route_case("a parameter", {"path": '«"/users/:id"»', **_GET}, fixed={"pathPrefix": '"/users/"', **_GET}),
    route_case("a parameter in the middle", {"path": '«"/users/:id/posts"»', **_GET}),
    route_case("a wildcard", {"path": '«"/*"»', **_GET}, fixed={"pathPrefix": '"/"', **_GET}),
    route_case(
        "a parameter where the prefix is taken",
        {"pathPrefix": '"/users/"', **_GET},
        {"path": '«"/users/:id"»', **_GET},
    ),
    route_case("braces in a prefix", {"pathPrefix": '«"/teams/{team}/"»', **_GET}),
    route_case("brackets", {"path": '«"/files/[name]"»', **_GET}, fixed={"pathPrefix": '"/files/"', **_GET}),
)

_PARAMETER = re.compile(r"(?<=/)(:[A-Za-z_]\w*\??|\[[^/\]]+\])(?=/|$)|\{[^/}]+\}|(?<=/)<[^/>]+>|\*+")


class PathParameter(Rule):
    """Every part of a literal path that looks like a parameter or a wildcard."""

    name = "path-parameter"
    theme = "http"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/http-actions#defining-http-actions",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each path or prefix with a parameter."""
        prefixes = Counter((_prefix(route), route.method) for route in backend.routes)
        for route in backend.routes:
            for key, path in (("path", route.path), ("pathPrefix", route.prefix)):
                found = _PARAMETER.search(path) if path is not None else None
                if path is not None and found is not None and key in route.parts:
                    place = route.parts[key]
                    alone = found.end() == len(path) and prefixes[_prefix(route), route.method] == 1
                    yield Problem(
                        place,
                        f"Convex compares paths letter by letter: `{found.group()}` in `{path}` stands for nothing "
                        "but itself.",
                        help=_help(path[: found.start()], place),
                        fix=_fix(route, place) if alone and key == "path" else None,
                    )


def _prefix(route: Route) -> str | None:
    """Give the prefix of a route, or that which it gets in the place of a path with a parameter."""
    found = _PARAMETER.search(route.path or "")
    return _up_to((route.path or "")[: found.start()]) if found else route.prefix


def _up_to(before: str) -> str:
    return before[: before.rfind("/") + 1] or "/"


def _fix(route: Route, place: Place) -> Fix | None:
    """Make a prefix of the path, up to the segment of its parameter."""
    name, prefix, text = spelled("pathPrefix", place), _prefix(route), place.text
    renamed = rename_property(route.router.module, place, name)
    if renamed is None or text[0] not in "\"'" or text[1:-1] != route.path:
        return None
    edit = Edit(renamed.path, renamed.start, place.end, f"{renamed.text}{text[0]}{prefix}{text[0]}")
    return Fix(f'route `{name}` `"{prefix}"`', (edit,), safe=False)


def _help(before: str, place: Place) -> str:
    prefix, key = _up_to(before), spelled("pathPrefix", place)
    given = f'{key}="{prefix}"' if place.source.language == "python" else f'{key}: "{prefix}"'
    return f"route `{given}`, and take what follows from the path of `request.url`"
