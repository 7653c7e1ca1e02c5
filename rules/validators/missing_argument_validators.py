"""A registered function without argument validators.

## What it does

Finds queries, mutations and actions, public and internal, that do not declare `args`, in the object syntax
and in the old one (`query(async (ctx, args) => …)`).

## Why is this bad?

Convex calls such a function with whatever the caller sent. TypeScript's types are gone by then: the caller of
a public function is anybody who has the deployment's URL, with any values, in any fields. A mutation that
writes them stores them; a query that uses one as an id or in an index range is led where it should not go.
`args: {}` is a check, too: it refuses every argument.

A public function is an `error`. For an internal one, and in a component, whose functions no client can call,
it is a `warning`: only the backend's own code can go wrong there.

## Example

```ts
export const rename = mutation({
  handler: async (ctx, args) => {
    await ctx.db.patch("tasks", args.id, { title: args.title });
  },
});
```

## Use instead

```ts
export const rename = mutation({
  args: { id: v.id("tasks"), title: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.patch("tasks", args.id, { title: args.title });
  },
});
```

## Known limits

Silent where the validator may be out of sight: a spread in the definition, a definition held elsewhere, a
custom builder that may add arguments of its own. Silent for functions that are not deployed: not exported, or
in a file that Convex does not push. HTTP actions have no arguments.

## References

* https://docs.convex.dev/functions/validation
* https://docs.convex.dev/understanding/best-practices/#use-argument-validators-for-all-public-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import insert_option
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.lint.syntax import Name, Object, walk
from biconvex.rules.wording import begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function

__all__ = ["MissingArgumentValidators"]

SILENT = (
    Case(
        "validators for every argument",
        typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const rename = mutation({
  args: { id: v.id("tasks"), title: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.patch("tasks", args.id, { title: args.title });
  },
});
""",
        python="""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"id": v.id("tasks"), "title": v.string()})
async def rename(ctx, args):
    await ctx.db.patch("tasks", args["id"], {"title": args["title"]})
""",
    ),
    Case(
        "no arguments, said so",
        typescript="""\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
""",
        python="""\
from biconvex.sim.server import query

@query(args={})
async def list(ctx, args):
    return await ctx.db.query("tasks").take(10)
""",
    ),
    Case(
        "a spread that may bring the validators",
        typescript="""\
import { query } from "./_generated/server";
import { common } from "./somewhere";
export const list = query({ ...common, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
""",
        python="""\
from biconvex.sim.server import query
from .somewhere import common

@query(**common)
async def list(ctx, args):
    return await ctx.db.query("tasks").take(10)
""",
    ),
    Case(
        "HTTP actions have no arguments",
        typescript="""\
import { httpAction } from "./_generated/server";
export const ping = httpAction(async (ctx, request) => new Response(await request.text()));
""",
        python="""\
from biconvex.sim.server import http_action

@http_action
async def ping(ctx, request):
    return await request.text()
""",
    ),
)

FLAGGED = (
    Case(
        "a default export without a name",
        typescript={
            "notes/list.ts": """\
import { query } from "../_generated/server";
export default «query»({ handler: async (ctx) => await ctx.db.query("notes").take(10) });
"""
        },
        python={
            "notes/list.py": """\
from biconvex.sim.server import query

@query()
async def «default»(ctx, args):
    return await ctx.db.query("notes").take(10)
"""
        },
        fixed=Fixed(
            typescript={
                "notes/list.ts": """\
import { query } from "../_generated/server";
export default query({ args: {}, handler: async (ctx) => await ctx.db.query("notes").take(10) });
"""
            },
            python={
                "notes/list.py": """\
from biconvex.sim.server import query

@query(args={})
async def default(ctx, args):
    return await ctx.db.query("notes").take(10)
"""
            },
        ),
    ),
    Case(
        "a public mutation that takes anything",
        typescript="""\
import { mutation } from "./_generated/server";
export const «rename» = mutation({
  handler: async (ctx, args: { id: string; title: string }) => {
    await ctx.db.patch("tasks", args.id, { title: args.title });
  },
});
""",
        python="""\
from biconvex.sim.server import mutation

@mutation()
async def «rename»(ctx, args):
    await ctx.db.patch("tasks", args["id"], {"title": args["title"]})
""",
    ),
    Case(
        "arguments that are passed, and never read",
        typescript="""\
import { internal } from "./_generated/api";
import { internalMutation, mutation } from "./_generated/server";
export const start = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, internal.tasks.finish, { soon: true });
  },
});
export const «finish» = internalMutation({ handler: async (ctx) => { await ctx.db.insert("log", {}); } });
""",
        python="""\
from biconvex.sim.server import internal, internal_mutation, mutation

@mutation(args={})
async def start(ctx, args):
    await ctx.scheduler.run_after(0, internal.tasks.finish, {"soon": True})

@internal_mutation()
async def «finish»(ctx, args):
    await ctx.db.insert("log", {})
""",
    ),
    Case(
        "the old syntax",
        typescript="""\
import { query } from "./_generated/server";
export const «list» = query(async (ctx) => await ctx.db.query("tasks").take(10));
""",
        python="""\
from biconvex.sim.server import query

@query
async def «list»(ctx):
    return await ctx.db.query("tasks").take(10)
""",
        fixed=Fixed(
            typescript="""\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
""",
            python="""\
from biconvex.sim.server import query

@query(args={})
async def list(ctx):
    return await ctx.db.query("tasks").take(10)
""",
        ),
    ),
    Case(
        "an internal action, through an alias of the builder",
        typescript="""\
import { internalAction as job } from "./_generated/server";
export const «sync» = job({ handler: async (ctx) => { await fetch("https://example.com"); } });
""",
        python="""\
from biconvex.sim.server import fetch, internal_action as job

@job()
async def «sync»(ctx, args):
    await fetch("https://example.com")
""",
        fixed=Fixed(
            typescript="""\
import { internalAction as job } from "./_generated/server";
export const sync = job({ args: {}, handler: async (ctx) => { await fetch("https://example.com"); } });
""",
            python="""\
from biconvex.sim.server import fetch, internal_action as job

@job(args={})
async def sync(ctx, args):
    await fetch("https://example.com")
""",
        ),
    ),
)


class MissingArgumentValidators(Rule):
    """Every deployed query, mutation and action whose `args` are certainly absent."""

    name = "missing-argument-validators"
    theme = "validators"
    severity = Severity.ERROR
    scope = "linked"
    fixable = "safe"
    links = (
        "https://docs.convex.dev/functions/validation",
        "https://docs.convex.dev/understanding/best-practices/#use-argument-validators-for-all-public-functions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each function without `args`; those that no client can call as warnings."""
        given = _given_arguments(backend)
        for function in backend.functions:
            if function.kind == "httpAction" or function.custom or function.reference is None:
                continue
            if function.args.status == "absent":
                exposed = function.visibility == "public" and backend.kind == "app"
                unnamed = function.place == function.registration
                nothing = _takes_nothing(function) and function not in given
                yield Problem(
                    function.builder if unnamed else function.place,
                    _message(function, exposed=exposed),
                    help=_help(function, nothing=nothing),
                    severity=None if exposed else Severity.WARNING,
                    fix=_fix(function) if nothing else None,
                )


def _given_arguments(backend: Backend) -> set[Function]:
    """The functions that the backend itself hands arguments, which `args: {}` would refuse."""
    calls = [
        *((call.reference, call.args) for call in backend.run_calls),
        *((call.reference, call.args) for call in backend.schedule_calls),
        *((job.reference, job.arguments) for job in backend.crons),
    ]
    return {
        reference.function
        for reference, args in calls
        if reference and reference.function and args is not None
        if not (isinstance(args, Object) and not args.properties)
    }


def _fix(function: Function) -> Fix | None:
    """Declare that there are no arguments."""
    edits = insert_option(function, "args", "{}")
    return Fix(_help(function, nothing=True), edits) if edits else None


def _takes_nothing(function: Function) -> bool:
    """Tell whether the handler has no parameter for arguments, or one that it never reads."""
    if function.handler is None or function.uses_arguments is False:
        return function.uses_arguments is False
    _, parameter, *more = function.handler.syntax.parameters
    if more or not isinstance(parameter.target, Name):
        return False
    name = parameter.target.id
    body = function.handler.syntax.body
    return not any(isinstance(node, Name) and node.id == name for part in body for node in walk(part))


def _message(function: Function, *, exposed: bool) -> str:
    fact = begin(f"{name_of(function)} declares no `args`: ")
    return fact + (
        "any client can call it with any values." if exposed else "it takes whatever a caller passes."
    )


def _help(function: Function, *, nothing: bool) -> str:
    python = function.place.source.language == "python"
    if nothing:
        return (
            "add `args={}`, which refuses every argument"
            if python
            else "add `args: {}`, which refuses every argument"
        )
    example = '`args={"name": v.string()}`' if python else "`args: { name: v.string() }`"
    return f"declare a validator for each argument, as in {example}"
