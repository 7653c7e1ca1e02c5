"""A project for pytest runs of their own."""

from __future__ import annotations

import biconvex.pytest_plugin.deployments
import biconvex.pytest_plugin.determinism
import biconvex.pytest_plugin.reports  # noqa: F401 - a run in this process would load them anew each time
import pytest

BACKEND = """
from biconvex.sim.server import action, internal, internal_mutation, internal_query, mutation, query
from biconvex.sim.values import v

@mutation(args={"n": v.number()})
async def add(ctx, args):
    return await ctx.db.insert("notes", args)

@query(args={})
async def count(ctx, args):
    return len(await ctx.db.query("notes").collect())

@internal_mutation(args={"n": v.number()})
async def put(ctx, args):
    for note in await ctx.db.query("notes").collect():
        await ctx.db.delete(note["_id"])
    await ctx.db.insert("notes", args)

@internal_query(args={})
async def total(ctx, args):
    return sum([note["n"] for note in await ctx.db.query("notes").collect()])

@action(args={})
async def bump(ctx, args):
    n = await ctx.run_query(internal.notes.total, {})
    await ctx.run_mutation(internal.notes.put, {"n": n + 1})

@action(args={})
async def env(ctx, args):
    import os
    return os.environ["MODE"]
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("backend")
    (folder / "notes.py").write_text(BACKEND)
    pytester.makeini("[pytest]\nconvex_project = backend\n")
    return pytester
