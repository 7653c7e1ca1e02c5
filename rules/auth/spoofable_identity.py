"""A public function that believes its caller about who they are.

## What it does

In an app that reads identities, finds public mutations and actions that take a user's id, email or role as an argument,
write with it or look up what is to be changed by it, and certainly never ask who the caller is.

## Why is this bad?

A client sends what it likes. Whoever passes another user's id acts in that user's name.

## Example

```ts
export const rename = mutation({
  args: { userId: v.id("users"), name: v.string() },
  handler: async (ctx, args) => await ctx.db.patch("users", args.userId, { name: args.name }),
});
```

## Use instead

```ts
export const rename = mutation({
  args: { name: v.string() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await ctx.db.patch("users", user._id, { name: args.name });
  },
});
```

## Known limits

Silent in apps that ask nobody anywhere, about functions that take a credential or hand their ctx to something out of
sight, and about arguments that are only used in helpers.

## References

* https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import DatabaseUse, Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.arguments import arguments_of
from biconvex.rules.auth.identity import authentication, effects, exposed
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, CtxCall, IndexUse
    from biconvex.rules.auth.arguments import Arguments

__all__ = ["SpoofableIdentity"]

_TS = """\
import { mutation, query } from "./_generated/server";
import { v } from "convex/values";
export const whoami = query({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });
"""
_PY = """\
from biconvex.sim.server import mutation, query
from biconvex.sim.values import v

@query(args={})
async def whoami(ctx, args):
    return await ctx.auth.get_user_identity()

"""


def _case(name: str, typescript: str, python: str) -> Case:
    return Case(name, typescript=_TS + typescript, python=_PY + python)


SILENT = (
    _case(
        "a caller who is asked",
        """\
export const add = mutation({ args: { userId: v.id("users") }, handler: async (ctx, args) => {
  if (await ctx.auth.getUserIdentity()) await ctx.db.insert("tasks", { userId: args.userId });
} });
""",
        """\
@mutation(args={"userId": v.id("users")})
async def add(ctx, args):
    if await ctx.auth.get_user_identity():
        await ctx.db.insert("tasks", {"userId": args["userId"]})
""",
    ),
    _case(
        "what anybody may see",
        """\
export const profile = query({ args: { userId: v.id("users") }, handler: async (ctx, args) => {
  return await ctx.db.get("users", args.userId);
} });
""",
        """\
@query(args={"userId": v.id("users")})
async def profile(ctx, args):
    return await ctx.db.get("users", args["userId"])
""",
    ),
    Case(
        "an app without identities",
        typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const add = mutation({ args: { userId: v.string() }, handler: async (ctx, { userId }) => {
  await ctx.db.insert("tasks", { userId });
} });
""",
        python="""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"userId": v.string()})
async def add(ctx, args):
    await ctx.db.insert("tasks", {"userId": args["userId"]})
""",
    ),
)

FLAGGED = (
    _case(
        "a document of whoever the caller names",
        """\
export const add = mutation({ args: { userId: v.id("users") }, handler: async (ctx, args) => {
  await ctx.db.insert("tasks", { userId: «args.userId» });
} });
""",
        """\
@mutation(args={"userId": v.id("users")})
async def add(ctx, args):
    await ctx.db.insert("tasks", {"userId": «args["userId"]»})
""",
    ),
    _case(
        "a user who is found by an email",
        """\
export const rename = mutation({ args: { email: v.string() }, handler: async (ctx, args) => {
  const user = await ctx.db.query("users").withIndex("by_email", (q) => q.eq("email", «args.email»)).unique();
  await ctx.db.patch("users", user._id, { name: "me" });
} });
""",
        """\
@mutation(args={"email": v.string()})
async def rename(ctx, args):
    user = await ctx.db.query("users").with_index("by_email", lambda q: q.eq("email", «args["email"]»)).unique()
    await ctx.db.patch("users", user["_id"], {"name": "me"})
""",
    ),
    Case(
        "arguments that are taken apart",
        typescript=_TS
        + """\
export const promote = mutation({ args: { userId: v.id("users") }, handler: async (ctx, { userId: id }) => {
  await ctx.db.patch("users", «id», { admin: true });
} });
""",
        python=_PY
        + """\
@mutation(args={"userId": v.id("users")})
async def promote(ctx, args):
    await ctx.db.patch("users", «args["userId"]», {"admin": True})
""",
    ),
)

_IDENTITIES = frozenset({
    "userId", "user_id", "ownerId", "owner_id", "authorId", "author_id", "clerkId", "clerk_id", "clerkUserId",
    "tokenIdentifier", "token_identifier", "externalId", "email", "userEmail", "user_email", "role", "isAdmin",
    "is_admin", "createdBy", "created_by",
})  # fmt: skip


class SpoofableIdentity(Rule):
    """The first use of an argument that says who the caller is, where nothing else does."""

    name = "spoofable-identity"
    theme = "auth"
    severity = Severity.WARNING
    links = (
        "https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield one problem for each such function."""
        known = authentication(backend)
        if not known.used:
            return
        calls: dict[Body, list[CtxCall]] = {}
        for call in backend.ctx_calls:
            calls.setdefault(call.body, []).append(call)
        uses: dict[Body | None, list[IndexUse]] = {}
        for use in backend.index_uses:
            uses.setdefault(use.body, []).append(use)
        changes = effects(backend)
        for function in backend.functions:
            handler = function.handler
            if handler is None or function.kind == "query" or known.of[function] != "not":
                continue
            if not exposed(backend, function) or changes.of(function) is None:
                continue
            arguments = arguments_of(handler)
            found = [
                *_in_ranges(uses.get(handler, []), arguments),
                *_in_calls(calls.get(handler, []), arguments),
            ]
            if found:
                node, name = min(found, key=lambda pair: pair[0].start)
                yield Problem(
                    Place(handler.place.source, node.start, node.end),
                    begin(
                        f"{name_of(function)} takes `{name}` from its caller and never asks who that is: anybody can "
                        "pass somebody else's."
                    ),
                    help="find out who the caller is from `ctx.auth`, and don't take it as an argument",
                    evidence=((function.place, "any client can call this"),),
                )


def _in_ranges(uses: list[IndexUse], arguments: Arguments) -> Iterator[tuple[syntax.Node, str]]:
    for use in uses:
        for step in (step for steps in use.ranges or () for step in steps):
            name = arguments.named(step.value)
            if name in _IDENTITIES and step.operation == "eq" and step.value is not None:
                yield step.value, name


def _in_calls(calls: list[CtxCall], arguments: Arguments) -> Iterator[tuple[syntax.Node, str]]:
    for call in calls:
        if not isinstance(call, DatabaseUse) or call.operation == "query":
            continue
        for node in call.arguments:
            parts = node.properties if isinstance(node, syntax.Object) else [node]
            for part in parts:
                value = part.value if isinstance(part, syntax.Property) else part
                name = arguments.named(value)
                if name in _IDENTITIES:
                    yield value, name
