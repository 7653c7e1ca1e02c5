"""What the cases of these rules have in common."""

from __future__ import annotations

from biconvex.lint.rule import Case, Fixed

__all__ = ["handler_case"]


def handler_case(
    name: str, kind: tuple[str, str], body: tuple[str, str], fixed: tuple[str, str] | None = None
) -> Case:
    """Make a case of one function; its kind and the one statement in it are given in TypeScript and in Python.

    `fixed` has the statement as fixes make it.
    """
    typescript, python = _files(kind, body)
    return Case(name, typescript, python, fixed=Fixed(*_files(kind, fixed)) if fixed else None)


def _files(kind: tuple[str, str], body: tuple[str, str]) -> tuple[str, str]:
    return (
        f"""\
import {{ {kind[0]} }} from "./_generated/server";
import {{ ConvexError, v }} from "convex/values";
export const work = {kind[0]}({{
  args: {{ id: v.id("_storage") }},
  handler: async (ctx, args) => {{
    {body[0]}
  }},
}});
""",
        f"""\
from biconvex.sim.server import {kind[1]}
from biconvex.sim.values import ConvexError, v

@{kind[1]}(args={{"id": v.id("_storage")}})
async def work(ctx, args):
    {body[1]}
""",
    )
