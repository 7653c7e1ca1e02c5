"""What data flow tells of ids and documents: the table of a point operation, and what is written."""

from __future__ import annotations

import pytest
from backend_facts import shape, sources

_SCHEMA = {
    "schema.ts": """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  tasks: defineTable({ title: v.string(), owner: v.id("users"), tags: v.array(v.id("tags")), any: v.any() }),
});
"""
}


def _ids(body: str, before: str = "", args: str = "") -> list[str]:
    """What is known of the id of each `get`, `patch`, `replace` and `delete` of a TypeScript handler."""
    text = f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
{before}
export const f = mutation({{
  args: {{ id: v.id("tasks"), ids: v.array(v.id("users")), text: v.string(), {args} }},
  handler: async (ctx, args) => {{ {body} }},
}});
"""
    backend = sources({**_SCHEMA, "a.ts": text})
    return [shape(use.id) for use in backend.database_uses if use.operation not in {"insert", "query"}]


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ("await ctx.db.get(args.id);", ["id(tasks)"]),
        ("const { id } = args; await ctx.db.delete(id);", ["id(tasks)"]),
        ("const { text, ...rest } = args; await ctx.db.delete(rest.id);", ["id(tasks)"]),
        ("const { id, ...rest } = args; await ctx.db.delete(rest.id);", ["none"]),
        ("await ctx.db.get(args.text as Id<'notes'>);", ["id(notes)"]),
        ("await ctx.db.get(args.text);", ["string"]),
        ("const t = await ctx.db.get(args.id); await ctx.db.get(t!.owner);", ["id(tasks)", "id(users)"]),
        ("for (const x of args.ids) await ctx.db.get(x);", ["id(users)"]),
        ("await Promise.all(args.ids.map((x) => ctx.db.get(x)));", ["id(users)"]),
        ("const n = await ctx.db.insert('notes', {}); await ctx.db.patch(n, {});", ["id(notes)"]),
        ("const t = await ctx.db.query('tasks').first(); await ctx.db.patch(t!._id, {});", ["id(tasks)"]),
        ("for (const t of await ctx.db.query('tasks').collect()) await ctx.db.delete(t._id);", ["id(tasks)"]),
        ("for await (const t of ctx.db.query('tasks')) await ctx.db.delete(t.tags[0]);", ["id(tags)"]),
        ("const r = await ctx.db.query('a').paginate(o); r.page.map((d) => ctx.db.get(d._id));", ["id(a)"]),
        ("const x = args.text ? args.id : args.ids[0]; await ctx.db.get(x);", ["none"]),
        ("const x = args.text ? args.id : null; await ctx.db.get(x);", ["id(tasks)"]),
        ("const x = args.text ? args.id : other; await ctx.db.get(x);", ["none"]),
        ("const t = await ctx.db.get(args.id); await ctx.db.get(t!.any);", ["id(tasks)", "none"]),
        ("const l = args.ids; l.push(other); await ctx.db.get(l[0]);", ["none"]),
        ("await ctx.db.get('tasks', args.id);", ["id(tasks)"]),
    ],
)
def test_the_table_of_an_id_follows_from_where_the_id_is_from(body: str, ids: list[str]) -> None:
    assert _ids(body) == ids


def test_the_type_of_a_helpers_parameter_tells_the_table() -> None:
    helper = """\
async function drop(ctx: MutationCtx, id: Id<"notes">, doc: Doc<"tasks"> | null, x: Id<"a"> | Id<"b">) {
  await ctx.db.delete(id);
  await ctx.db.delete(doc!.owner);
  await ctx.db.delete(x);
}
"""
    assert _ids("await drop(ctx, one, two, three);", helper) == ["id(notes)", "id(users)", "none"]


def test_ids_in_python_are_followed_as_well() -> None:
    backend = sources({
        "a.py": """\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"id": v.id("tasks"), "ids": v.array(v.id("users"))})
async def f(ctx, args):
    await ctx.db.get(args["id"])
    for one in args["ids"]:
        await ctx.db.delete(one)
    rows = await ctx.db.query("notes").collect()
    first = [row["_id"] for row in rows][0]
    await ctx.db.patch(first, {})
"""
    })  # fmt: skip
    ids = [shape(use.id) for use in backend.database_uses if use.operation != "query"]
    assert ids == ["id(tasks)", "id(users)", "id(notes)"]


def test_a_handler_of_two_functions_has_arguments_of_neither() -> None:
    before = "const g = mutation({ args: { id: v.id('users') }, handler: both });\n"
    both = "async function both(ctx: any, args: any) { await ctx.db.get(args.id); }\n"
    text = f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
{both}{before}export const f = mutation({{ args: {{ id: v.id("tasks") }}, handler: both }});
"""
    assert [shape(use.id) for use in sources({"a.ts": text}).database_uses] == ["none"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("{ title: args.text, done: true }", "{title: string, done: unknown…}"),
        ("args", "{id: id(tasks), text: string}"),
        ("{ ...args, more: 1 }", "{id: id(tasks), text: string, more: unknown…}"),
        ("{ ...other, more: 1 }", "{more: unknown…}…"),
        ("other", "none"),
    ],
)
def test_the_object_that_is_written_is_known_as_far_as_it_is_in_sight(value: str, written: str) -> None:
    text = f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
import {{ other }} from "somewhere";
export const f = mutation({{
  args: {{ id: v.id("tasks"), text: v.string() }},
  handler: async (ctx, args) => {{ await ctx.db.patch("tasks", args.id, {value}); }},
}});
"""
    assert [shape(use.written) for use in sources({"a.ts": text}).database_uses] == [written]


@pytest.mark.parametrize(
    "change",
    [
        "row.more = 1;",
        "row['more'] = 1;",
        "delete row.title;",
        "row.update({ more: 1 });",
        "Object.assign(row, {});",
    ],
)
def test_an_object_that_is_changed_before_it_is_written_is_not_known(change: str) -> None:
    text = f"""\
import {{ mutation }} from "./_generated/server";
export const f = mutation({{ args: {{}}, handler: async (ctx) => {{
  const row: any = {{ title: "a" }};
  {change}
  await ctx.db.insert("tasks", row);
  await ctx.db.insert("tasks", {{ ...row, done: true }});
}} }});
"""
    assert [shape(use.written) for use in sources({"a.ts": text}).database_uses] == [
        "none",
        "{done: unknown…}…",
    ]


@pytest.mark.parametrize(
    ("package", "version"),
    [
        ('{"dependencies": {"convex": "^1.31.6"}}', (1, 31)),
        ('{"dependencies": {"convex": "1.43.0"}, "peerDependencies": {"convex": ">=1.24.8 <2"}}', (1, 24)),
        ('{"dependencies": {"convex": "workspace:*"}}', None),
        ('{"dependencies": {}}', None),
    ],
)
def test_the_version_of_convex_is_the_lowest_that_the_project_allows(
    package: str, version: tuple[int, int] | None
) -> None:
    assert sources({"../package.json": package, "a.ts": ""}).convex_version == version


def test_a_validator_knows_its_builder_and_one_that_convex_lacks_is_unknown() -> None:
    text = """\
import { query } from "./_generated/server";
import { v } from "convex/values";
export const f = query({ args: { a: v.optional(v.bigint()), b: v.map() }, handler: async () => null });
"""
    (function,) = sources({"a.ts": text}).functions
    fields = function.args.shape.fields if function.args.shape else {}
    assert [(field.kind, field.builder.text if field.builder else "") for field in fields.values()] == [
        ("int64", "bigint"),
        ("unknown", "map"),
    ]


def test_a_method_that_queries_do_not_have_ends_the_chain() -> None:
    text = """\
import { mutation } from "./_generated/server";
export const f = mutation({ args: {}, handler: async (ctx) => { await ctx.db.query("a").delete(); } });
"""
    chains = [chain for use in sources({"a.ts": text}).database_uses for chain in use.chains]
    assert [chain.stray.text for chain in chains if chain.stray] == ["delete()"]
