"""What the cases of the rules about routes have in common."""

from __future__ import annotations

from biconvex.lint.rule import Case, Fixed

__all__ = ["route_case", "router_files"]

_TS_HEAD = """\
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const serve = httpAction(async () => new Response("ok"));
const http = httpRouter();
"""
_PY_HEAD = """\
from biconvex.sim.server import Response, http_action, http_router

@http_action
async def serve(ctx, request):
    return Response("ok")

http = http_router()
"""
_PYTHON = {"pathPrefix": "path_prefix"}


def router_files(*routes: dict[str, str], marked: bool = False) -> tuple[dict[str, str], dict[str, str]]:
    """Make `http.ts` and `http.py` with these routes, each by Convex's names for its parts; `marked` the last."""
    typescript, python = _TS_HEAD, _PY_HEAD
    for at, route in enumerate(routes):
        ts = f"http.route({{ {', '.join(f'{key}: {value}' for key, value in route.items())} }})"
        py = f"http.route({', '.join(f'{_PYTHON.get(key, key)}={value}' for key, value in route.items())})"
        if marked and at == len(routes) - 1:
            ts, py = f"«{ts}»", f"«{py}»"
        typescript += f"{ts};\n"
        python += f"{py}\n"
    return {"http.ts": f"{typescript}export default http;\n"}, {"http.py": python}


def route_case(
    name: str, *routes: dict[str, str], marked: bool = False, fixed: dict[str, str] | None = None
) -> Case:
    """Make a case of one router with these routes; `fixed` is what fixes make of the one there is."""
    typescript, python = router_files(*routes, marked=marked)
    after = Fixed(*router_files(fixed)) if fixed is not None else None
    return Case(name, typescript=typescript, python=python, fixed=after)
