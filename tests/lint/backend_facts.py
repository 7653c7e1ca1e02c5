"""Short texts of facts, so that a test compares exact lists of them in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.analysis import build_from_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.model import Backend, CtxCall, Place, ValidatorShape

TS_HEAD = """\
import { query, mutation, action, internalMutation, internalAction, httpAction } from "./_generated/server";
import { api, internal } from "./_generated/api";
import { v } from "convex/values";
"""
PY_HEAD = """\
from biconvex.sim.server import query, mutation, action, internal_mutation, internal_action, http_action
from biconvex.sim.server import api, internal
from biconvex.sim.values import v
"""


def typescript(text: str, **others: str) -> Backend:
    """A backend of one file `a.ts` below the usual imports, and perhaps others (`lib_b` is `lib/b.ts`)."""
    named = {f"{name.replace('_', '/')}.ts": other for name, other in others.items()}
    return build_from_sources({"a.ts": TS_HEAD + text, **named})


def python(text: str, **others: str) -> Backend:
    """The same of Python."""
    named = {f"{name.replace('_', '/')}.py": other for name, other in others.items()}
    return build_from_sources({"a.py": PY_HEAD + text, **named})


def handler(body: str, kind: str = "mutation") -> Backend:
    """A backend of one TypeScript function with this body."""
    return typescript(
        f"export const f = {kind}({{ args: {{}}, handler: async (ctx, args) => {{\n{body}\n}} }});"
    )


def py_handler(body: str, kind: str = "mutation") -> Backend:
    """The same of Python; the body is indented by four spaces."""
    return python(f"@{kind}(args={{}})\nasync def f(ctx, args):\n{body}\n")


def both(ts: str, py: str, kind: str = "mutation") -> list[Backend]:
    """The same handler in both languages."""
    return [handler(ts, kind), py_handler(py, kind)]


def text_of(place: Place) -> str:
    return " ".join(place.text.split())


def functions(backend: Backend) -> list[str]:
    return [f"{f.reference} {f.visibility} {f.kind}" for f in backend.functions]


def calls(backend: Backend) -> list[str]:
    """Each call on a ctx with the kinds of functions that reach it."""
    return [f"{call.api} {'+'.join(sorted(call.kinds)) or 'nobody'}" for call in backend.ctx_calls]


def fates(backend: Backend) -> list[str]:
    return [
        f"{p.callee} {p.fate}" + (f" {p.through}" if p.fate == "floating" and p.through else "")
        for p in backend.promises
    ]


def chains(backend: Backend) -> list[str]:
    """Each query: table, index, filters, order and terminal."""
    out = []
    for use in backend.database_uses:
        for chain in use.chains:
            parts = [str(chain.table)]
            if chain.index:
                parts.append(f"withIndex {chain.index.name}")
            parts += ["filter"] * len(chain.filters)
            parts += [chain.order] if chain.order else []
            parts.append(str(chain.terminal) + (f" {chain.limit}" if chain.limit is not None else ""))
            out.append(" ".join(parts))
    return out


def ranges(backend: Backend) -> list[str]:
    out = []
    for use in backend.index_uses:
        known = (
            use.ranges
            if use.ranges is None
            else [" ".join(f"{s.operation}({s.field})" for s in r) for r in use.ranges]
        )
        out.append(f"{use.table}.{use.name}: {known}")
    return out


def loops(call: CtxCall) -> list[str]:
    return [f"{loop.kind} {loop.bound}" for loop in call.loops]


def references(backend: Backend) -> list[str]:
    return [f"{r.name} {r.status}" for r in backend.references]


def shape(given: ValidatorShape | None) -> str:
    """A validator as text, `…` for what is not known of it."""
    if given is None:
        return "none"
    text = given.kind
    if given.kind == "object":
        text = "{" + ", ".join(f"{name}: {shape(field)}" for name, field in given.fields.items()) + "}"
    elif given.kind == "id":
        text = f"id({given.table})"
    elif given.kind == "literal":
        text = repr(given.value)
    elif given.members:
        text = f"{given.kind}({', '.join(shape(member) for member in given.members)})"
    return text + ("" if given.complete else "…") + ("?" if given.optional else "")


def sources(files: Mapping[str, str]) -> Backend:
    return build_from_sources(files)
