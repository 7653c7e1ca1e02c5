"""A request to the outside world from a query or a mutation.

## What it does

Finds `fetch`, HTTP clients such as `axios`, and web sockets in queries and mutations, and in the functions that they
call, in any file. In Python: `fetch`, `requests`, `httpx`, `urllib`, `aiohttp`.

## Why is this bad?

Queries and mutations have no network: the call throws. They are run again at will, and may only depend on their
arguments and the database.

## Example

```ts
export const add = mutation({
  args: { city: v.string() },
  handler: async (ctx, args) => {
    const answer = await fetch(`https://weather.example.com/${args.city}`);
    await ctx.db.insert("weather", await answer.json());
  },
});
```

## Use instead

```ts
export const add = action({
  args: { city: v.string() },
  handler: async (ctx, args) => {
    const answer = await fetch(`https://weather.example.com/${args.city}`);
    await ctx.runMutation(internal.weather.insert, await answer.json());
  },
});
```

A mutation that must have it done can schedule the action: `ctx.scheduler.runAfter(0, internal.weather.load, args)`.

## Known limits

Knows the clients named above, not those that a package hides. Silent behind a test on the ctx, and about functions
that are passed around as values.

## References

* https://docs.convex.dev/functions/actions
* https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.determinism._shared import in_transactions, path_evidence, spelled_call
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import a_kind, begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, OutsideCall, Reach

__all__ = ["FetchInTransaction"]

SILENT = (
    handler_case(
        "an action",
        """
const answer = await fetch("https://example.com");
return await answer.text();
""",
        """
from biconvex.sim.server import fetch
answer = await fetch("https://example.com")
return await answer.text()
""",
        kind="action",
    ),
    handler_case(
        "functions of one's own with such names",
        """
const fetch = async (id: string) => await ctx.db.get("tasks", id);
return await fetch(args.id);
""",
        """
async def fetch(id):
    return await ctx.db.get("tasks", id)

return await fetch(args["id"])
""",
    ),
    Case(
        "a helper that asks for the database first",
        """\
import { query, action, type QueryCtx, type ActionCtx } from "./_generated/server";
async function load(ctx: QueryCtx | ActionCtx) {
  if ("db" in ctx) return await ctx.db.query("tasks").take(10);
  return await fetch("https://example.com");
}
export const one = query({ args: {}, handler: async (ctx) => await load(ctx) });
export const two = action({ args: {}, handler: async (ctx) => await load(ctx) });
""",
        """\
from biconvex.sim.server import action, fetch, query

async def load(ctx):
    if hasattr(ctx, "db"):
        return await ctx.db.query("tasks").take(10)
    return await fetch("https://example.com")

@query(args={})
async def one(ctx, args):
    return await load(ctx)

@action(args={})
async def two(ctx, args):
    return await load(ctx)
""",
    ),
)

FLAGGED = (
    handler_case(
        "in a mutation",
        """
const answer = await «fetch("https://example.com")»;
await ctx.db.insert("answers", { text: await answer.text() });
""",
        """
from biconvex.sim.server import fetch
answer = await «fetch("https://example.com")»
await ctx.db.insert("answers", {"text": await answer.text()})
""",
        kind="mutation",
    ),
    Case(
        "a client, in a function that a query calls",
        {
            "cities.ts": """\
import { query } from "./_generated/server";
import { weather } from "./lib/weather";
export const show = query({ args: {}, handler: async () => await weather("Rome") });
""",
            "lib/weather.ts": """\
import axios from "axios";
export async function weather(city: string) {
  return (await «axios.get(`https://example.com/${city}`)»).data;
}
""",
        },
        {
            "cities.py": """\
from biconvex.sim.server import query
from .lib.weather import weather

@query(args={})
async def show(ctx, args):
    return weather("Rome")
""",
            "lib/weather.py": """\
import requests

def weather(city):
    return «requests.get(f"https://example.com/{city}")».json()
""",
        },
    ),
)

CLIENTS = frozenset({
    "fetch", "XMLHttpRequest", "WebSocket", "EventSource", "convex/server.fetch",
    "node-fetch.default", "cross-fetch.default", "undici.fetch", "undici.request", "ofetch.ofetch",
    "urllib.request.urlopen", "http.client.HTTPConnection", "http.client.HTTPSConnection",
})  # fmt: skip
FAMILIES = (
    "axios.default", "ky.default", "got.default", "superagent.default", "requests.", "httpx.", "aiohttp.", "urllib3.",
)  # fmt: skip
_HARMLESS = ("Timeout", "Headers", "URL", "Error", "Exception", "create", "isAxiosError", "extend", "Limits")
"""Ends of names of a family that ask for nothing."""


class FetchInTransaction(Rule):
    """Every request that a query or a mutation makes."""

    name = "fetch-in-transaction"
    theme = "determinism"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/actions",
        "https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call, with the way to it."""
        for call, reach in in_transactions(backend, _requests):
            yield _problem(call, reach)


def _requests(call: OutsideCall) -> bool:
    name = call.name
    return name in CLIENTS or (name.startswith(FAMILIES) and not name.endswith(_HARMLESS))


def _problem(call: OutsideCall, reach: Reach) -> Problem:
    function, request = reach.function, spelled_call(call)
    kind = a_kind(function)
    if reach.path:
        message = (
            f"{request} fails here when {kind} comes to it, as {name_of(function)} does: it has no network."
        )
    else:
        message = begin(f"{name_of(function)} is {kind}, which has no network: {request} fails.")
    return Problem(
        call.place,
        message,
        help="move it to an action, and call or schedule that",
        evidence=path_evidence(reach),
    )
