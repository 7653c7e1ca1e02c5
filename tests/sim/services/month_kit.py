"""A backend whose month has everything in it, and a program that runs the month in a process of its own.

    python month_kit.py BACKEND sorted|reversed

The second argument is the order in which folders list their files. Prints the digest of the trace, the number of its
events, and a digest of the final documents, a line each.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

__all__ = ["PYTHON", "TYPESCRIPT", "list_folders", "run_month"]

DAYS = 30
TYPESCRIPT = {
    "schema": """
export default defineSchema({
  ticks: defineTable({ name: v.string(), value: v.number() }).index("by_name", ["name"]),
  orders: defineTable({ state: v.string(), file: v.optional(v.id("_storage")) }).index("by_state", ["state"]),
});
""",
    "crons": """
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
crons.hourly("hourly", {}, internal.jobs.rates, {});
crons.daily("daily", { hourUTC: 3, minuteUTC: 42 }, internal.jobs.settle, {});
crons.interval("five minutes", { minutes: 5 }, internal.jobs.count, { name: "five" });
export default crons;
""",
    "http": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
import { internal } from "./_generated/api";
const http = httpRouter();
http.route({ path: "/order", method: "POST", handler: httpAction(async (ctx, request) => {
  const { note } = await request.json();
  const file = await ctx.storage.store(new Blob([note], { type: "text/plain" }));
  const id = await ctx.runMutation(internal.jobs.place, { file });
  return Response.json({ id, random: Math.random(), uuid: crypto.randomUUID() });
}) });
export default http;
""",
    "jobs": """
export const count = internalMutation({ args: { name: v.string() }, handler: async (ctx, { name }) => {
  const tick = await ctx.db.query("ticks").withIndex("by_name", (q) => q.eq("name", name)).unique();
  if (tick === null) await ctx.db.insert("ticks", { name, value: 1 });
  else await ctx.db.patch(tick._id, { value: tick.value + 1 });
} });
export const place = internalMutation({ args: { file: v.id("_storage") }, handler: async (ctx, { file }) => {
  const id = await ctx.db.insert("orders", { state: "new", file });
  for (const delay of [0, 60_000, 90_000 * Math.random()]) await ctx.scheduler.runAfter(delay, internal.jobs.count, { name: "job" });
  await ctx.scheduler.runAfter(1000, internal.jobs.pay, { id });
  return id;
} });
export const pay = internalAction({ args: { id: v.id("orders") }, handler: async (ctx, { id }) => {
  const [first, second] = await Promise.all(["a", "b"].map((part) => fetch(`https://pay.example.com/${part}`, { method: "POST" })));
  await ctx.runMutation(internal.jobs.mark, { id, state: first.ok && second.ok ? "paid" : "failed" });
} });
export const mark = internalMutation({ args: { id: v.id("orders"), state: v.string() }, handler: async (ctx, { id, state }) => { await ctx.db.patch(id, { state }); } });
export const rates = internalAction({ args: {}, handler: async (ctx) => {
  const { rate } = await (await fetch("https://rates.example.com/")).json();
  await ctx.runMutation(internal.jobs.count, { name: `rate ${rate}` });
} });
export const settle = internalMutation({ args: {}, handler: async (ctx) => {
  for (const order of await ctx.db.query("orders").withIndex("by_state", (q) => q.eq("state", "paid")).take(100)) {
    if (order.file) await ctx.storage.delete(order.file);
    await ctx.db.patch(order._id, { state: "settled", file: undefined });
  }
} });
""",
}
PYTHON = {
    "schema": """
schema = define_schema({
    "ticks": define_table({"name": v.string(), "value": v.number()}).index("by_name", ["name"]),
    "orders": define_table({"state": v.string(), "file": v.optional(v.id("_storage"))}).index("by_state", ["state"]),
})
""",
    "crons": """
crons = cron_jobs()
crons.hourly("hourly", {}, internal.jobs.rates, {})
crons.daily("daily", {"hourUTC": 3, "minuteUTC": 42}, internal.jobs.settle, {})
crons.interval("five minutes", {"minutes": 5}, internal.jobs.count, {"name": "five"})
""",
    "http": """
import random
import uuid

http = http_router()

@http_action
async def order(ctx, request):
    note = (await request.json())["note"]
    file = await ctx.storage.store(Blob(note, "text/plain"))
    id = await ctx.run_mutation(internal.jobs.place, {"file": file})
    return Response(json={"id": id, "random": random.random(), "uuid": str(uuid.uuid4())})

http.route(path="/order", method="POST", handler=order)
""",
    "jobs": """
import random

@internal_mutation(args={"name": v.string()})
async def count(ctx, args):
    name = args["name"]
    tick = await ctx.db.query("ticks").with_index("by_name", lambda q: q.eq("name", name)).unique()
    if tick is None:
        await ctx.db.insert("ticks", {"name": name, "value": 1.0})
    else:
        await ctx.db.patch(tick["_id"], {"value": tick["value"] + 1})

@internal_mutation(args={"file": v.id("_storage")})
async def place(ctx, args):
    id = await ctx.db.insert("orders", {"state": "new", "file": args["file"]})
    for delay in [0, 60_000, 90_000 * random.random()]:
        await ctx.scheduler.run_after(delay, internal.jobs.count, {"name": "job"})
    await ctx.scheduler.run_after(1000, internal.jobs.pay, {"id": id})
    return id

@internal_action(args={"id": v.id("orders")})
async def pay(ctx, args):
    parts = {"a", "b"}  # a set of texts goes another way round in each process
    first, second = await asyncio.gather(*(fetch(f"https://pay.example.com/{part}", method="POST") for part in sorted(parts)))
    await ctx.run_mutation(internal.jobs.mark, {"id": args["id"], "state": "paid" if first.ok and second.ok else "failed"})

@internal_mutation(args={"id": v.id("orders"), "state": v.string()})
async def mark(ctx, args): await ctx.db.patch(args["id"], {"state": args["state"]})

@internal_action(args={})
async def rates(ctx, args):
    rate = (await (await fetch("https://rates.example.com/")).json())["rate"]
    await ctx.run_mutation(internal.jobs.count, {"name": f"rate {rate}"})

@internal_mutation(args={})
async def settle(ctx, args):
    for order in await ctx.db.query("orders").with_index("by_state", lambda q: q.eq("state", "paid")).take(100):
        if order.get("file"):
            await ctx.storage.delete(order["file"])
        await ctx.db.patch(order["_id"], {"state": "settled", "file": UNDEFINED})
""",
}


def run_month(backend: str, *, seed: int = 11) -> list[str]:
    """Run the month; the digest of its trace, how many events that has, and a digest of the documents at the end."""
    from biconvex.sim import Deployment, NetworkFailure, Reply

    with Deployment(backend, seed=seed) as convex:
        convex.outbound.on(
            "GET", "https://rates.example.com/", lambda request: {"rate": round(request.time_ms) % 3}
        )
        replies = [Reply(json={}, latency_ms=(20, 900)) for _ in range(7)]
        convex.outbound.on(
            "POST", "https://pay.example.com/*", [*replies, NetworkFailure("reset", (5, 50)), *replies[:1]]
        )
        for day in range(DAYS):
            convex.advance(hours=9)
            for note in range(2):
                response = convex.as_user(subject=f"user{day % 3}").fetch(
                    "/order", method="POST", json={"note": f"{day}/{note}"}
                )
                assert response.ok, response.text
            convex.advance(hours=15)
        tables = ("ticks", "orders", "_scheduled_functions", "_storage")
        documents = json.dumps([convex.db.table(table) for table in tables], sort_keys=True, default=str)
        return [
            convex.trace.digest,
            str(len(convex.trace)),
            blake2b(documents.encode(), digest_size=16).hexdigest(),
        ]


def list_folders(*, backwards: bool) -> None:
    """From now on, let every listing of a folder come in the order of names, or the other way round."""
    listdir, scandir = os.listdir, os.scandir

    class Entries:
        def __init__(self, *args: Any) -> None:
            with scandir(*args) as entries:
                self._entries = iter(sorted(entries, key=lambda entry: entry.name, reverse=backwards))

        def __iter__(self) -> Iterator[Any]:
            return self._entries

        def __next__(self) -> Any:
            return next(self._entries)

        def __enter__(self) -> Entries:
            return self

        def __exit__(self, *_error: object) -> None:
            self.close()

        def close(self) -> None:
            self._entries = iter(())

    def listed(*args: Any) -> list[Any]:
        return sorted(listdir(*args), reverse=backwards)

    patched: Callable[..., Any] = Entries
    os.scandir, os.listdir = patched, listed  # type: ignore[assignment]


if __name__ == "__main__":
    list_folders(backwards=sys.argv[2] == "reversed")
    sys.stdout.write("\n".join(run_month(sys.argv[1])) + "\n")
