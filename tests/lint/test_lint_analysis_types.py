"""A helper that nobody in sight calls is one by the type of its parameter, whatever that type is called."""

from __future__ import annotations

import pytest
from backend_facts import sources
from biconvex.lint.model import Backend


def declared(backend: Backend) -> list[str]:
    """The bodies that work with a ctx, with the kinds that their types promise."""
    return [f"{body.name} {'+'.join(sorted(body.declared)) or 'none'}" for body in backend.bodies]


HELPER = 'export async function load(ctx: Ctx) { return await ctx.db.get("t", id); }'


@pytest.mark.parametrize(
    ("declaration", "kinds"),
    [
        ("type Ctx = QueryCtx | MutationCtx;", "mutation+query"),
        ("export type Ctx = MutationCtx", "mutation"),
        ("type Ctx = GenericMutationCtx<DataModel>;", "mutation"),
        ("type Ctx =\n  | QueryCtx\n  | MutationCtx;", "mutation+query"),
        ('type Ctx = Pick<MutationCtx, "db">;', "mutation"),
        ("type Ctx = QueryCtx & { user: User };", "mutation+query"),
        ("type Reading = QueryCtx;\ntype Ctx = Reading;", "mutation+query"),
        ("type Ctx<T> = GenericActionCtx<T>;", "action+httpAction"),
        ("interface Ctx extends MutationCtx { user: string }", "mutation"),
        ('import { MutationCtx as Ctx } from "./_generated/server";', "mutation"),
    ],
)
def test_the_name_of_a_type_is_followed_to_the_ctx_that_it_stands_for(declaration: str, kinds: str):
    assert declared(sources({"a.ts": f"{declaration}\n{HELPER}"})) == [f"load {kinds}"]


def test_the_name_of_a_type_is_followed_through_imports():
    backend = sources(
        {
            "a.ts": f'import type {{ Both as Ctx }} from "./lib/types";\n{HELPER}',
            "lib/types.ts": 'import { QueryCtx } from "../_generated/server";\nexport type Both = QueryCtx;',
        }
    )
    assert declared(backend) == ["load mutation+query"]


@pytest.mark.parametrize(
    "declaration",
    [
        "type Ctx = Ctx;",
        "type Ctx = Other;\ntype Other = Ctx;",
        "type Ctx = { user: User };",
        "type Ctx = (ctx: QueryCtx) => void;",
        'import type { Ctx } from "elsewhere";',
        "",
    ],
)
def test_a_type_that_stands_for_no_ctx_makes_no_helper(declaration: str):
    assert declared(sources({"a.ts": f"{declaration}\n{HELPER}"})) == []


def test_python_names_its_types_as_well():
    backend = sources(
        {
            "a.py": """\
from biconvex.sim.server import MutationCtx, QueryCtx
Ctx = QueryCtx | MutationCtx

async def load(ctx: Ctx):
    return await ctx.db.get("t", id)
"""
        }
    )
    assert declared(backend) == ["load mutation+query"]
