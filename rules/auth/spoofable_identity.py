"""A public function that believes its caller about who they are.

## What it does

In an app that reads identities, finds public mutations and actions that take a user's id, email or role as an
argument, write with it or look up what is to be changed by it, and certainly never ask who the caller is. The id that
an identity provider gave a user (`clerkId`, `tokenIdentifier`) is found in every app.

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

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.identity import authentication, effects, exposed
from biconvex.rules.auth.spoofing import Spoofing
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

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
        spoofing = Spoofing(backend)
        suspects = [
            function
            for function in backend.functions
            if function.kind != "query" and exposed(backend, function) and spoofing.of(function, used=True)
        ]
        if not suspects:
            return
        known, changes = authentication(backend), effects(backend)
        for function in suspects:
            found = spoofing.of(function, used=known.used) if known.of[function] == "not" else None
            if found is not None and changes.of(function) is not None:
                place, name = found
                yield Problem(
                    place,
                    begin(
                        f"{name_of(function)} takes `{name}` from its caller and never asks who that is: anybody can "
                        "pass somebody else's."
                    ),
                    help="find out who the caller is from `ctx.auth`, and don't take it as an argument",
                    evidence=((function.place, "any client can call this"),),
                )

    def outlook(self, backend: Backend) -> object:
        """Give what each function takes, and whether identities are read anywhere."""
        spoofing, known, changes = Spoofing(backend), authentication(backend), effects(backend)
        return known.used, [
            (
                function.place,
                spoofing.of(function, used=True),
                spoofing.of(function, used=False),
                known.of[function],
                changes.of(function) is not None,
            )
            for function in backend.functions
            if function.kind != "query" and exposed(backend, function)
        ]
