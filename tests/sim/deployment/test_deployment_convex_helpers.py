"""A library nobody here wrote: the server helpers of `convex-helpers`, as its README uses them, in the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"

SCHEMA = """
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  users: defineTable({ name: v.string(), token: v.string() }).index("token", ["token"]),
  posts: defineTable({ authorId: v.id("users"), title: v.string(), likes: v.number() }).index("authorId", ["authorId"]),
  tags: defineTable({ postId: v.id("posts"), label: v.string() }).index("postId", ["postId"]),
  counts: defineTable({ posts: v.number() }),
});
"""

MODULE = """
import { v, ConvexError } from "convex/values";
import { customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { getManyFrom, getOneFromOrThrow, getAll } from "convex-helpers/server/relationships";
import { filter } from "convex-helpers/server/filter";
import { Triggers } from "convex-helpers/server/triggers";
import { paginator } from "convex-helpers/server/pagination";
import { stream } from "convex-helpers/server/stream";
import { asyncMap, pick } from "convex-helpers";
import { partial, nullable } from "convex-helpers/validators";
import { mutation as rawMutation, query } from "./_generated/server";
import schema from "./schema";

const triggers = new Triggers<any>();
triggers.register("posts", async (ctx, change) => {
  if (change.operation === "update") return;
  const count = await ctx.db.query("counts").first();
  const posts = (count?.posts ?? 0) + (change.operation === "insert" ? 1 : -1);
  if (count) await ctx.db.patch(count._id, { posts });
  else await ctx.db.insert("counts", { posts });
});
const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));

const userQuery = customQuery(query, {
  args: { token: v.string() },
  input: async (ctx, { token }) => {
    const user = await ctx.db.query("users").withIndex("token", (q: any) => q.eq("token", token)).unique();
    if (!user) throw new ConvexError("who are you?");
    return { ctx: { user }, args: {} };
  },
});

export const join = mutation({ args: { name: v.string(), token: v.string() }, handler: async (ctx, args) => await ctx.db.insert("users", args) });
export const post = mutation({
  args: { authorId: v.id("users"), title: v.string(), likes: v.number() },
  handler: async (ctx, args) => await ctx.db.insert("posts", args),
});
export const edit = mutation({
  args: { id: v.id("posts"), changes: v.object(partial({ title: v.string(), likes: v.number() })) },
  handler: async (ctx, { id, changes }) => { await ctx.db.patch(id, changes); },
});
export const remove = mutation({ args: { id: v.id("posts") }, handler: async (ctx, { id }) => { await ctx.db.delete(id); } });
export const mine = userQuery({
  args: { atLeast: v.number() },
  handler: async (ctx: any, { atLeast }: any) => {
    const posts = await getManyFrom(ctx.db, "posts", "authorId", ctx.user._id);
    return posts.filter((post: any) => post.likes >= atLeast).map((post: any) => pick(post, ["title", "likes"]));
  },
});
export const popular = query({
  args: {},
  handler: async (ctx) => {
    const posts = await filter(ctx.db.query("posts"), async (post: any) => post.likes > 1).collect();
    return await asyncMap(posts, async (post: any) => {
      const author: any = await ctx.db.get(post.authorId);
      return `${post.title} by ${author.name}`;
    });
  },
});
export const byToken = query({
  args: { token: v.string() },
  returns: nullable(v.string()),
  handler: async (ctx, { token }) => (await getOneFromOrThrow(ctx.db as any, "users", "token", token)).name,
});
export const page = query({
  args: { cursor: v.union(v.string(), v.null()) },
  handler: async (ctx, { cursor }) => {
    const result = await paginator(ctx.db as any, schema as any).query("posts").order("desc").paginate({ cursor, numItems: 2 });
    return { titles: result.page.map((post: any) => post.title), cursor: result.continueCursor, done: result.isDone };
  },
});
export const streamed = query({
  args: {},
  handler: async (ctx) => {
    const posts = stream(ctx.db as any, schema as any).query("posts").order("desc").filterWith(async (post: any) => post.likes > 0);
    return (await posts.take(2)).map((post: any) => post.title);
  },
});
export const together = query({
  args: { ids: v.array(v.id("users")) },
  handler: async (ctx, { ids }) => (await getAll(ctx.db as any, ids)).map((user: any) => user?.name ?? null),
});
"""


@pytest.fixture
def convex(tmp_path: Path) -> Iterator[Deployment]:
    functions = tmp_path / "convex"
    functions.mkdir()
    (functions / "schema.ts").write_text(SCHEMA)
    (functions / "blog.ts").write_text(MODULE)
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    (tmp_path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    with Deployment(tmp_path, seed=11) as deployment:
        yield deployment


@pytest.fixture
def ada(convex: Deployment) -> str:
    user: str = convex.mutation("blog:join", {"name": "Ada", "token": "t1"})
    for title, likes in [("zero", 0), ("one", 1), ("two", 2), ("three", 3)]:
        convex.mutation("blog:post", {"authorId": user, "title": title, "likes": likes})
    return user


def test_custom_functions_add_to_arguments_and_ctx(convex: Deployment, ada: str) -> None:
    assert ada
    assert convex.query("blog:mine", {"token": "t1", "atLeast": 2}) == [
        {"title": "two", "likes": 2},
        {"title": "three", "likes": 3},
    ]
    with pytest.raises(ConvexError, match=r"who are you\?"):
        convex.query("blog:mine", {"token": "nobody", "atLeast": 0})
    with pytest.raises(FunctionError, match="missing the required field `token`"):
        convex.query("blog:mine", {"atLeast": 0})


def test_triggers_run_in_the_transaction_of_the_write(convex: Deployment, ada: str) -> None:
    assert ada
    assert convex.db.table("counts")[0]["posts"] == 4
    first = convex.db.table("posts")[0]["_id"]
    convex.mutation("blog:edit", {"id": first, "changes": {"likes": 5}})
    convex.mutation("blog:remove", {"id": first})
    assert [count["posts"] for count in convex.db.table("counts")] == [3]


def test_filters_in_code_and_relationships_work(convex: Deployment, ada: str) -> None:
    assert convex.query("blog:popular") == ["two by Ada", "three by Ada"]
    assert convex.query("blog:byToken", {"token": "t1"}) == "Ada"
    assert convex.query("blog:together", {"ids": [ada]}) == ["Ada"]


def test_pages_and_streams_come_in_order(convex: Deployment, ada: str) -> None:
    assert ada
    titles: list[str] = []
    cursor, done = None, False
    while not done:
        page = convex.query("blog:page", {"cursor": cursor})
        titles += page["titles"]
        cursor, done = page["cursor"], page["done"]
    assert titles == ["three", "two", "one", "zero"]
    assert convex.query("blog:streamed") == ["three", "two"]
