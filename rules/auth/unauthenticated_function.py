"""A public function that asks nobody who they are, among many that do.

## What it does

In an app at least half of whose public functions ask who their caller is, finds the mutations and actions that
certainly don't, and yet change something. An identity may be read in the handler, in a helper in any file, in a custom
builder, or in a function that is run.

## Why is this bad?

Anybody who has the app's address can call a public function with any arguments; a user interface that hides the button
is no protection. One function without the check that all others have is usually an oversight.

## Example

```ts
export const remove = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => await ctx.db.delete("tasks", args.id),
});
```

## Use instead

```ts
export const remove = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const task = await ctx.db.get("tasks", args.id);
    if (task?.owner !== user._id) throw new ConvexError("This task is not yours");
    await ctx.db.delete("tasks", args.id);
  },
});
```

## Known limits

Queries are not reported: much is meant to be read by anybody. Silent about functions that take a credential (a token,
a password, an API key), that hand their ctx to something out of sight, or whose names say that they are for everybody
(`signUp`, `submitContactForm`); the option `open_words` has these words, `share` the part of the functions that must
ask. What `spoofable-identity` and `dangerous-public-function` report is not reported twice.

## References

* https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions
* https://docs.convex.dev/auth/functions-auth
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.identity import authentication, effects, exposed, words_of
from biconvex.rules.auth.maintenance import is_maintenance
from biconvex.rules.auth.spoofing import Spoofing
from biconvex.rules.wording import begin, callee, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function

__all__ = ["UnauthenticatedFunction"]

_LEAST = 4
"""With fewer public functions than this there is no telling what is usual."""


@dataclass(frozen=True, slots=True)
class _Options:
    share: float = 0.5
    open_words: tuple[str, ...] = (
        "contact", "demo", "feedback", "guest", "health", "invite", "join", "log", "login", "newsletter", "ping",
        "public", "register", "sign", "signin", "signup", "submit", "subscribe", "track", "unsubscribe", "verify",
        "view", "views", "visit", "vote", "waitlist", "webhook",
    )  # fmt: skip


_TS = """\
import { mutation, query } from "./_generated/server";
import { identify } from "./users";
import { v } from "convex/values";
async function requireUser(ctx) { return await ctx.auth.getUserIdentity(); }
export const mine = query({ args: {}, handler: async (ctx) => await requireUser(ctx) });
export const add = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("tasks", { owner: await requireUser(ctx) });
} });
export const rename = mutation({ args: {}, handler: async (ctx) => { await ctx.auth.getUserIdentity(); } });
"""
_PY = """\
from biconvex.sim.server import mutation, query
from biconvex.sim.values import v
from .users import identify

async def require_user(ctx):
    return await ctx.auth.get_user_identity()

@query(args={})
async def mine(ctx, args):
    return await require_user(ctx)

@mutation(args={})
async def add(ctx, args):
    await ctx.db.insert("tasks", {"owner": await require_user(ctx)})

@mutation(args={})
async def rename(ctx, args):
    await ctx.auth.get_user_identity()

"""


def _case(name: str, typescript: str, python: str) -> Case:
    return Case(name, typescript=_TS + typescript, python=_PY + python)


SILENT = (
    _case(
        "a query",
        'export const all = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });\n',
        '@query(args={})\nasync def all(ctx, args):\n    return await ctx.db.query("tasks").take(10)\n',
    ),
    _case(
        "a helper out of sight",
        """\
export const remove = mutation({ args: { id: v.id("tasks") }, handler: async (ctx, args) => {
  await identify(ctx);
  await ctx.db.delete("tasks", args.id);
} });
""",
        """\
@mutation(args={"id": v.id("tasks")})
async def remove(ctx, args):
    await identify(ctx)
    await ctx.db.delete("tasks", args["id"])
""",
    ),
    _case(
        "a credential",
        """\
export const remove = mutation({ args: { id: v.id("tasks"), token: v.string() }, handler: async (ctx, args) => {
  if (args.token === process.env.TOKEN) await ctx.db.delete("tasks", args.id);
} });
""",
        """\
@mutation(args={"id": v.id("tasks"), "token": v.string()})
async def remove(ctx, args):
    if args["token"] == TOKEN:
        await ctx.db.delete("tasks", args["id"])
""",
    ),
    _case(
        "a form for everybody",
        """\
export const submitContactForm = mutation({ args: { text: v.string() }, handler: async (ctx, args) => {
  await ctx.db.insert("messages", { text: args.text });
} });
""",
        """\
@mutation(args={"text": v.string()})
async def submit_contact_form(ctx, args):
    await ctx.db.insert("messages", {"text": args["text"]})
""",
    ),
    Case(
        "an app that asks nobody",
        typescript="""\
import { mutation } from "./_generated/server";
export const a = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("tasks", {}); } });
export const b = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("tasks", {}); } });
export const c = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("tasks", {}); } });
export const d = mutation({ args: {}, handler: async (ctx) => { await ctx.auth.getUserIdentity(); } });
""",
        python="""\
from biconvex.sim.server import mutation

@mutation(args={})
async def a(ctx, args):
    await ctx.db.insert("tasks", {})

@mutation(args={})
async def b(ctx, args):
    await ctx.db.insert("tasks", {})

@mutation(args={})
async def c(ctx, args):
    await ctx.db.insert("tasks", {})

@mutation(args={})
async def d(ctx, args):
    await ctx.auth.get_user_identity()
""",
    ),
)

FLAGGED = (
    _case(
        "a mutation that deletes",
        """\
export const «remove» = mutation({ args: { id: v.id("tasks") }, handler: async (ctx, args) => {
  await ctx.db.delete("tasks", args.id);
} });
""",
        """\
@mutation(args={"id": v.id("tasks")})
async def «remove»(ctx, args):
    await ctx.db.delete("tasks", args["id"])
""",
    ),
    _case(
        "a change in a helper",
        """\
async function erase(ctx, id) { await ctx.db.delete("tasks", id); }
export const «remove» = mutation({ args: { id: v.id("tasks") }, handler: async (ctx, args) => {
  await erase(ctx, args.id);
} });
""",
        """\
async def erase(ctx, id):
    await ctx.db.delete("tasks", id)

@mutation(args={"id": v.id("tasks")})
async def «remove»(ctx, args):
    await erase(ctx, args["id"])
""",
    ),
)


class UnauthenticatedFunction(Rule):
    """Every public mutation and action that changes something and asks nobody, where that is unusual."""

    name = "unauthenticated-function"
    theme = "auth"
    severity = Severity.WARNING
    links = (
        "https://docs.convex.dev/understanding/best-practices/#use-some-form-of-access-control-for-all-public-functions",
        "https://docs.convex.dev/auth/functions-auth",
    )
    silent = SILENT
    flagged = FLAGGED
    Options = _Options
    options: _Options

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them."""
        public = [function for function in backend.functions if exposed(backend, function)]
        if len(public) < _LEAST or backend.fragment:
            return
        authenticated = authentication(backend)
        known, spoofing = authenticated.of, Spoofing(backend)
        asking = sum(known[function] == "asks" for function in public)
        if asking < self.options.share * len(public):
            return
        changes = effects(backend)
        for function in public:
            change = changes.of(function) if known[function] == "not" and function.kind != "query" else None
            if change is None or self._is_open(function) or is_maintenance(function):
                continue
            if spoofing.of(function, used=authenticated.used) is not None:
                continue
            yield Problem(
                function.place,
                begin(
                    f"{name_of(function)} never asks who calls it, as {asking} of the {len(public)} public functions "
                    f"here do: anybody can have it call {callee(change)}."
                ),
                help="check who the caller is first, or make it internal if only your own code calls it",
                evidence=((change.place, "changes something"),),
            )

    def outlook(self, backend: Backend) -> object:
        """Give of each public function whether it asks, what it changes, and what else speaks for it."""
        authenticated, spoofing, changes = authentication(backend), Spoofing(backend), effects(backend)
        public = []
        for function in backend.functions:
            if exposed(backend, function):
                asks, change = authenticated.of[function], None
                if asks == "not" and function.kind != "query":
                    change = changes.of(function)
                spoofed = [change and spoofing.of(function, used=used) for used in (False, True)]
                changed = (change.place, callee(change)) if change is not None else None
                public.append((function.place, function.reference, asks, changed, spoofed))
        return authenticated.used, public

    def _is_open(self, function: Function) -> bool:
        words = words_of(function.reference or "")
        return not set(self.options.open_words).isdisjoint(words)
