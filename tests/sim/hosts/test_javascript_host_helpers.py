"""The JavaScript host runs a library that many backends use: the server helpers of convex-helpers."""

from __future__ import annotations

import json
from typing import Any

from biconvex.sim.hosts.protocol import CallResult, Syscall

MODULES = {
    "schema": """
        import { defineSchema, defineTable } from "convex/server";
        export default defineSchema({
            users: defineTable({ name: v.string() }),
            posts: defineTable({ author: v.id("users"), n: v.number() }).index("by_author", ["author"]),
        });
    """,
    "m": """
        import { asyncMap, nullThrows, pick } from "convex-helpers";
        import { customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
        import { filter } from "convex-helpers/server/filter";
        import { getPage, paginator } from "convex-helpers/server/pagination";
        import { getAll, getManyFrom } from "convex-helpers/server/relationships";
        import { literals, nullable, partial } from "convex-helpers/validators";
        import { Triggers } from "convex-helpers/server/triggers";
        import schema from "./schema";

        const userQuery = customQuery(query, {
            args: { session: v.string() },
            input: async (ctx, { session }) => ({ ctx: { user: await ctx.db.get(session as any) }, args: {} }),
        });
        export const whoami = userQuery({
            args: { greeting: v.optional(v.string()) },
            handler: async (ctx, { greeting }) => `${greeting ?? "hi"} ${ctx.user.name}`,
        });
        export const plain = customQuery(query, customCtx(async () => ({ extra: 5 })))({
            args: {},
            handler: async (ctx) => ctx.extra,
        });
        const triggers = new Triggers<any>();
        triggers.register("users", async (ctx, change) => {
            await ctx.db.insert("logs", { operation: change.operation });
        });
        export const add = customMutation(mutation, customCtx(triggers.wrapDB))({
            args: { name: v.string() },
            handler: async (ctx, { name }) => await ctx.db.insert("users", { name }),
        });
        export const odd = query(async (ctx) =>
            (await filter(ctx.db.query("posts"), (post) => post.n % 2 === 1).collect()).map((post) => post.n));
        export const posts = query(async (ctx, { author }) =>
            (await getManyFrom(ctx.db, "posts", "by_author", author, "author")).map((post) => pick(post, ["n"])));
        export const users = query(async (ctx) => await asyncMap(await getAll(ctx.db, ["a", "b"] as any), (user) => user.name));
        export const page = query(async (ctx) => {
            const found = await paginator(ctx.db, schema).query("posts").paginate({ cursor: null, numItems: 2 });
            return [found.page.map((post) => post.n), found.isDone];
        });
        export const validated = query({
            args: { kind: literals("a", "b"), name: nullable(v.string()), rest: v.object(partial({ a: v.number() })) },
            handler: async () => nullThrows(1),
        });
    """,
}


def rows(*ns: int) -> CallResult:
    first, *ahead = [json.dumps({"_id": f"p{n}", "_creationTime": n, "author": "u1", "n": n}) for n in ns]
    return CallResult(0, f'{{"value":{first},"done":false}}', rows=tuple(ahead), rows_done=True)


def test_a_custom_query_has_the_arguments_of_both(backend: Any) -> None:
    functions = {source.name: source for source in backend.load()["m"].functions}
    whoami = functions["whoami"]
    assert (whoami.kind, whoami.visibility, sorted(whoami.args["value"])) == (
        "query",
        "public",
        ["greeting", "session"],
    )


def test_a_custom_query_adds_to_the_context(backend: Any) -> None:
    outcome = backend.run(
        "whoami", {"session": "u1", "greeting": "hello"}, answer=lambda call: '{"_id":"u1","name":"Ada"}'
    )
    assert outcome.value == "hello Ada"
    assert backend.run("plain").value == 5


def test_a_trigger_runs_in_the_mutation(backend: Any) -> None:
    def answer(call: Syscall) -> str:
        if call.op == "1.0/get":
            return '{"_id":"u1","name":"Ada"}'
        return f'{{"_id":"{call.arguments["table"]}1"}}'

    outcome = backend.run("add", {"name": "Ada"}, kind="mutation", answer=answer)
    assert [(call.op, call.arguments.get("table")) for call in outcome.calls][0::2] == [
        ("1.0/insert", "users"),
        ("1.0/insert", "logs"),
    ]
    assert outcome.value == "users1"


def test_a_query_is_filtered_in_typescript(backend: Any) -> None:
    assert backend.run("odd", answer=lambda call: rows(1, 2, 3, 4, 5)).value == [1, 3, 5]


def test_related_documents_are_read_by_index(backend: Any) -> None:
    outcome = backend.run("posts", {"author": "u1"}, answer=lambda call: rows(1, 2))
    assert outcome.value == [{"n": 1}, {"n": 2}]
    assert outcome.calls[0].arguments["query"]["source"]["indexName"] == "posts.by_author"


def test_many_documents_are_read_together(backend: Any) -> None:
    outcome = backend.run("users", answer=lambda call: json.dumps({"name": call.arguments["id"].upper()}))
    assert (len(outcome.steps[0].calls), outcome.value) == (2, ["A", "B"])


def test_a_page_is_made_of_index_ranges(backend: Any) -> None:
    assert backend.run("page", answer=lambda call: rows(1, 2)).value[0] == [1, 2]


def test_validators_of_helpers_are_exported(backend: Any) -> None:
    functions = {source.name: source for source in backend.load()["m"].functions}
    kind = functions["validated"].args["value"]["kind"]["fieldType"]
    assert [member["value"] for member in kind["value"]] == ["a", "b"]
