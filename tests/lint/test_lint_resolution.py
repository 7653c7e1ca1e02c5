"""Resolution on a project laid out as real ones are: what is far away is found, and what can't be known is not guessed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from biconvex.lint.analysis import build
from biconvex.lint.model import Backend
from biconvex.lint.project import discover
from biconvex.lint.reading import Desk, read_folder

PROJECT = {
    "package.json": '{ "dependencies": { "convex": "^1.40.0" } }',
    "web/convex.json": '{ "functions": "src/backend/" }',
    "web/tsconfig.json": '{ "compilerOptions": { "paths": { "@be/*": ["./src/backend/*"] } } }',
    "web/src/backend/schema.ts": """\
import { authTables } from "@convex-dev/auth/server";
import { defineSchema } from "convex/server";
import { tasks, more } from "@be/tables";
export default defineSchema({ ...authTables, ...more, tasks });
""",
    "web/src/backend/tables.ts": """\
import { defineTable } from "convex/server";
import { v } from "convex/values";
const title = v.string();
const fields = { title, done: v.boolean() };
export const tasks = defineTable(fields).index("by_title", ["title"]);
export const more = { logs: defineTable({ at: v.number() }) };
""",
    "web/src/backend/lib/builders.ts": """\
import { customQuery, customCtx } from "convex-helpers/server/customFunctions";
import { mutation as rawMutation, query, action } from "../_generated/server";
const wrapped = customQuery(query, customCtx(async (ctx) => ({ user: await ctx.auth.getUserIdentity() })));
export const userQuery = wrapped;
export const mutation = (options) => rawMutation(options);
export { action as act };
""",
    "web/src/backend/lib/index.ts": 'export * from "./builders";\n',
    "web/src/backend/one.ts": """\
import { mutation, userQuery, act } from "@be/lib";
import { internal } from "./_generated/api";
export const write = mutation({ args: {}, handler: async ({ db }) => { await db.insert("tasks", {}); } });
export const read = userQuery({ args: {}, handler: async ({ db: rows }) => await rows.query("tasks").first() });
export const run = act({ args: {}, handler: async (ctx) => { await ctx.runMutation(internal.two.hidden, {}); } });
""",
    "web/src/backend/two.js": """\
import { internalMutation } from "./_generated/server";
const build = internalMutation;
export const hidden = build({ args: {}, handler: async (ctx) => { await ctx.db.insert("logs", { at: 1 }); } });
export { write } from "./one";
""",
    **{
        f"web/src/backend/{name}": """\
import { query } from "./_generated/server";
export const get = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").first() });
"""
        for name in ("page.jsx", "view.tsx", "kind.mts")
    },
    "web/src/backend/inner/convex.config.ts": """\
import { defineComponent } from "convex/server";
export default defineComponent("inner");
""",
    "web/src/backend/inner/api.ts": """\
import { query } from "./_generated/server";
export const peek = query({ args: {}, handler: async () => null });
""",
    "api/convex/tasks.ts": """\
import { query } from "./_generated/server";
export const all = query({ args: {}, handler: async () => null });
""",
    "worker/functions.py": """\
from biconvex.sim.server import query

@query(args={})
async def all(ctx, args):
    return None
""",
}


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Backend]:
    """Every backend of the project, by its folder."""
    root: Path = tmp_path_factory.mktemp("project")
    for path, text in PROJECT.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return {
        folder.shown: build(folder, read_folder(folder, Desk(root)).parsed, ())
        for folder in discover([root], root)
    }


def test_all_backends_of_a_repository_are_found(backends: Mapping[str, Backend]) -> None:
    assert {folder: backend.kind for folder, backend in backends.items()} == {
        "api/convex": "app",
        "web/src/backend": "app",
        "web/src/backend/inner": "component",
        "worker": "app",
    }


def test_functions_are_found_through_wrappers_aliases_and_re_exports_whatever_the_suffix(
    backends: Mapping[str, Backend],
) -> None:
    functions = backends["web/src/backend"].functions
    assert sorted(f"{one.reference} {one.visibility} {one.kind}" for one in functions) == [
        "kind:get public query",
        "one:read public query",
        "one:run public action",
        "one:write public mutation",
        "page:get public query",
        "two:hidden internal mutation",
        "two:write public mutation",
        "view:get public query",
    ]


def test_a_schema_is_put_together_and_what_a_package_adds_is_not_guessed(
    backends: Mapping[str, Backend],
) -> None:
    schema = backends["web/src/backend"].schema
    assert schema is not None
    assert not schema.complete
    document = schema.tables["tasks"].document
    assert document is not None
    assert {name: field.kind for name, field in document.fields.items()} == {
        "title": "string",
        "done": "boolean",
    }
    assert schema.tables["tasks"].indexes["by_title"].fields == ("title",)
    assert set(schema.tables) == {"tasks", "logs"}


def test_a_ctx_that_is_taken_apart_is_followed_and_a_reference_leads_to_its_function(
    backends: Mapping[str, Backend],
) -> None:
    backend = backends["web/src/backend"]
    uses = [(one.body.module.path, one.operation, one.table) for one in backend.database_uses]
    assert ("one", "insert", "tasks") in uses
    assert ("one", "query", "tasks") in uses
    (call,) = backend.run_calls
    assert call.reference is not None
    assert (call.reference.status, call.reference.function) == (
        "found",
        backend.function_by_reference("two:hidden"),
    )
