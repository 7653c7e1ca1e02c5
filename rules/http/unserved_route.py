"""HTTP routes that Convex never serves.

## What it does

Finds an `httpRouter()` with routes that is not what `http.ts` exports by default.

## Why is this bad?

Convex serves the routes of one router: the default export of `http.ts`. Without that export it refuses to deploy;
what a router in another file has is never reached, and every request gets a 404.

## Example

```ts
// convex/http.ts
export const http = httpRouter();
http.route({ path: "/tasks", method: "GET", handler: listTasks });
```

## Use instead

```ts
// convex/http.ts
const http = httpRouter();
http.route({ path: "/tasks", method: "GET", handler: listTasks });
export default http;
```

## Known limits

Silent where `http.ts` exports what a library makes of a router. In Python a name in the module `http` is enough.

## References

* https://docs.convex.dev/functions/http-actions#defining-http-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.http._shared import route_case, router_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["UnservedRoute"]

_ROUTE = {"path": '"/tasks"', "method": '"GET"', "handler": "serve"}


def _elsewhere() -> Case:
    """A router in a file that Convex doesn't look into."""
    typescript, python = router_files(_ROUTE)
    return Case(
        "a router in another file",
        typescript={"web.ts": typescript["http.ts"].replace("httpRouter();", "«httpRouter()»;")},
        python={"web.py": python["http.py"].replace("http = http_router()", "http = «http_router()»")},
    )


def _forgotten() -> Case:
    """Two routers, of which one is exported."""
    typescript, python = router_files(_ROUTE)
    return Case(
        "a second router",
        typescript={
            "http.ts": typescript["http.ts"],
            "hooks.ts": """\
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
export const hooks = «httpRouter()»;
hooks.route({ path: "/hook", method: "POST", handler: httpAction(async () => new Response(null)) });
""",
        },
        python={
            "http.py": python["http.py"],
            "hooks.py": """\
from biconvex.sim.server import http_action, http_router

@http_action
async def hook(ctx, request):
    return None

hooks = «http_router()»
hooks.route(path="/hook", method="POST", handler=hook)
""",
        },
    )


SILENT = (
    route_case("the router of the HTTP module", _ROUTE),
    Case(
        "a router that is made in another file",
        typescript={
            "lib/router.ts": router_files(_ROUTE)[0]["http.ts"].replace("./_gen", "../_gen"),
            "http.ts": 'export { default } from "./lib/router";\n',
        },
        python={
            "lib/router.py": router_files(_ROUTE)[1]["http.py"],
            "http.py": "from .lib.router import http\n",
        },
    ),
    Case(
        "a router without routes",
        typescript={
            "web.ts": 'import { httpRouter } from "convex/server";\nexport const http = httpRouter();\n'
        },
        python={"web.py": "from biconvex.sim.server import http_router\n\nhttp = http_router()\n"},
    ),
)

FLAGGED = (_elsewhere(), _forgotten())


class UnservedRoute(Rule):
    """Every router with routes that is not deployed."""

    name = "unserved-route"
    theme = "http"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/http-actions#defining-http-actions",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such router."""
        if backend.fragment:
            return
        used = {route.router for route in backend.routes}
        for router in backend.routers:
            module = router.module
            if router.deployed is not False or router not in used or not module.is_entry:
                continue
            python = router.place.source.language == "python"
            fact = (
                "`http` has no default export: Convex refuses to deploy it."
                if module.path == "http" and "default" not in module.exports
                else f"Convex serves the routes of `http` alone, and never those of this router in `{module.path}`."
            )
            remedy = (
                "make the routes in `http.py`" if python else "export this router by default from `http.ts`"
            )
            yield Problem(router.place, fact, help=remedy)
