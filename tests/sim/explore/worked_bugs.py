"""Small backends, each with a bug of a class that Convex's own documentation warns of, and what should hold of them.

A `body` does what users do, drawn from the choices; it knows nothing of the bug but the invariant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from biconvex.sim import Costs, Deployment, Faults, Limits, OutboundRequest, call, request
from biconvex.sim.explore import BodyChoices

__all__ = ["BUGS", "WorkedBug"]

Body = Callable[[Deployment, BodyChoices], None]


@dataclass(frozen=True)
class WorkedBug:
    """A bug: where it is described, the backend in one or both languages, what is done, and under which conditions."""

    name: str
    source: str
    body: Body
    typescript: Mapping[str, str]
    python: Mapping[str, str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


# --- lost update -----------------------------------------------------------------------------------------------


def every_vote_counts(convex: Deployment, choices: BodyChoices) -> None:
    poll = convex.db.insert("polls", {"votes": 0})
    votes = 0
    for _ in choices.times(6):
        together = choices.integer(1, 3)
        votes += together
        convex.concurrently(*[call("m:vote", {"poll": poll})] * together)
    convex.run_until_idle()
    assert convex.db.get(poll)["votes"] == votes


LOST_UPDATE = WorkedBug(
    "lost update through an action's read-then-write",
    "https://docs.convex.dev/functions/actions: each call of an action is a transaction of its own",
    every_vote_counts,
    {
        "m": """
export const vote = action({ args: { poll: v.id("polls") }, handler: async (ctx, { poll }) => {
  const votes: number = await ctx.runQuery(internal.m.read, { poll });
  await ctx.runMutation(internal.m.write, { poll, votes: votes + 1 });
} });
export const read = internalQuery({ args: { poll: v.id("polls") }, handler: async (ctx, { poll }) => (await ctx.db.get(poll))!.votes });
export const write = internalMutation({ args: { poll: v.id("polls"), votes: v.number() }, handler: async (ctx, { poll, votes }) => { await ctx.db.patch(poll, { votes }); } });
"""
    },
    {
        "m": """
@action(args={"poll": v.id("polls")})
async def vote(ctx, args):
    votes = await ctx.run_query(internal.m.read, args)
    await ctx.run_mutation(internal.m.write, {**args, "votes": votes + 1})

@internal_query(args={"poll": v.id("polls")})
async def read(ctx, args):
    return (await ctx.db.get(args["poll"]))["votes"]

@internal_mutation(args={"poll": v.id("polls"), "votes": v.number()})
async def write(ctx, args):
    await ctx.db.patch(args["poll"], {"votes": args["votes"]})
"""
    },
)


# --- webhooks --------------------------------------------------------------------------------------------------


def each_payment_is_credited_once(convex: Deployment, choices: BodyChoices) -> None:
    paid = 0
    for number in choices.times(5):
        amount = choices.integer(1, 9)
        paid += amount
        convex.deliver(request("/payment", method="POST", json={"event": f"evt_{number}", "amount": amount}))
    convex.calm()
    assert sum(credit["amount"] for credit in convex.db.table("credits")) == paid


REDELIVERED_WEBHOOK = WorkedBug(
    "double credit on webhook redelivery",
    "https://docs.stripe.com/webhooks#handle-duplicate-events: endpoints might receive the same event more than once",
    each_payment_is_credited_once,
    {
        "http": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/payment", method: "POST", handler: httpAction(async (ctx, request) => {
  await ctx.runMutation(internal.m.credit, await request.json());
  return new Response(null, { status: 200 });
}) });
export default http;
""",
        "m": """
export const credit = internalMutation({ args: { event: v.string(), amount: v.number() }, handler: async (ctx, args) => { await ctx.db.insert("credits", args); } });
""",
    },
    options={"faults": Faults(repeated_webhook="swarm")},
)


def the_newest_state_wins(convex: Deployment, choices: BodyChoices) -> None:
    updates = [{"version": version, "plan": choices.pick(["free", "pro"])} for version in choices.times(6, 1)]
    convex.deliver(*(request("/subscription", method="POST", json=update) for update in updates))
    convex.calm()
    assert convex.db.table("subscriptions")[0]["version"] == updates[-1]["version"]


REORDERED_WEBHOOK = WorkedBug(
    "webhooks applied in the order of their arrival",
    "https://docs.stripe.com/webhooks#event-ordering: delivery of events in the order they were generated isn't guaranteed",
    the_newest_state_wins,
    {
        "http": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/subscription", method: "POST", handler: httpAction(async (ctx, request) => {
  await ctx.runMutation(internal.m.update, await request.json());
  return new Response(null, { status: 200 });
}) });
export default http;
""",
        "m": """
export const update = internalMutation({ args: { version: v.number(), plan: v.string() }, handler: async (ctx, args) => {
  const known = await ctx.db.query("subscriptions").first();
  if (known === null) await ctx.db.insert("subscriptions", args);
  else await ctx.db.patch(known._id, args);
} });
""",
    },
    options={"faults": Faults(reordered_webhook="swarm")},
)


# --- jobs ------------------------------------------------------------------------------------------------------


def each_order_is_charged_once(convex: Deployment, choices: BodyChoices) -> None:
    charged: list[str] = []

    def charge(sent: OutboundRequest) -> dict[str, Any]:
        charged.append(sent.json()["order"])
        return {"paid": True}

    convex.outbound.on("POST", "https://payments.example/charge", charge)
    for _ in choices.times(5):
        convex.mutation("m:order")
        convex.advance(seconds=choices.integer(0, 20))
    convex.calm()
    assert len(charged) == len(set(charged))


RETRIED_JOB = WorkedBug(
    "a retried job that is not idempotent",
    "https://stack.convex.dev/retry-actions: only retry actions that are idempotent",
    each_order_is_charged_once,
    {
        "m": """
export const order = mutation({ args: {}, handler: async (ctx) => {
  const order = await ctx.db.insert("orders", { paid: false });
  await ctx.scheduler.runAfter(0, internal.m.pay, { order });
} });
export const pay = internalAction({ args: { order: v.id("orders") }, handler: async (ctx, { order }) => {
  try {
    await fetch("https://payments.example/charge", { method: "POST", body: JSON.stringify({ order }) });
  } catch {
    await ctx.scheduler.runAfter(5000, internal.m.pay, { order });
    return;
  }
  await ctx.runMutation(internal.m.paid, { order });
} });
export const paid = internalMutation({ args: { order: v.id("orders") }, handler: async (ctx, { order }) => { await ctx.db.patch(order, { paid: true }); } });
"""
    },
    options={"faults": Faults(lost_request="swarm", lost_response="swarm")},
)


def each_mail_is_sent_once(convex: Deployment, choices: BodyChoices) -> None:
    sent: list[str] = []

    def send(mail: OutboundRequest) -> dict[str, Any]:
        sent.append(mail.json()["mail"])
        return {}

    convex.outbound.on("POST", "https://mail.example/send", send)
    for _ in choices.times(5):
        convex.mutation("m:write")
        convex.advance(seconds=choices.integer(0, 60))
    convex.advance(minutes=5)
    assert len(sent) == len(set(sent))


OVERLAPPING_CRON = WorkedBug(
    "a cron job whose work overlaps the next run's",
    "https://docs.convex.dev/scheduling/cron-jobs: runs of a job don't overlap, what they schedule does",
    each_mail_is_sent_once,
    {
        "crons": """
import { cronJobs } from "convex/server";
const crons = cronJobs();
crons.interval("send mails", { seconds: 10 }, internal.m.tick);
export default crons;
""",
        "m": """
export const write = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("mails", { sent: false }); } });
export const tick = internalMutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.m.send); } });
export const unsent = internalQuery({ args: {}, handler: async (ctx) => await ctx.db.query("mails").filter((q) => q.eq(q.field("sent"), false)).collect() });
export const sent = internalMutation({ args: { mail: v.id("mails") }, handler: async (ctx, { mail }) => { await ctx.db.patch(mail, { sent: true }); } });
export const send = internalAction({ args: {}, handler: async (ctx): Promise<void> => {
  for (const mail of await ctx.runQuery(internal.m.unsent)) {
    await fetch("https://mail.example/send", { method: "POST", body: JSON.stringify({ mail: mail._id }) });
    await ctx.runMutation(internal.m.sent, { mail: mail._id });
  }
} });
""",
    },
    options={"faults": Faults(slow_response="swarm", slow_response_ms=30_000)},
)


# --- load ------------------------------------------------------------------------------------------------------


def every_visit_is_counted(convex: Deployment, choices: BodyChoices) -> None:
    outcomes = convex.concurrently(*[call("m:visit")] * choices.integer(1, 12))
    assert [outcome.error for outcome in outcomes if not outcome.ok] == []


HOT_COUNTER = WorkedBug(
    "one counter that every mutation writes",
    "https://docs.convex.dev/error#1: frequent conflicts on one document fail in the end",
    every_visit_is_counted,
    {
        "m": """
export const visit = mutation({ args: {}, handler: async (ctx) => {
  const counter = await ctx.db.query("counters").first();
  if (counter === null) await ctx.db.insert("counters", { visits: 1 });
  else await ctx.db.patch(counter._id, { visits: counter.visits + 1 });
} });
"""
    },
    {
        "m": """
@mutation(args={})
async def visit(ctx, args):
    counter = await ctx.db.query("counters").first()
    if counter is None:
        await ctx.db.insert("counters", {"visits": 1})
    else:
        await ctx.db.patch(counter["_id"], {"visits": counter["visits"] + 1})
"""
    },
    {"costs": Costs(commit_ms=50)},
)


def the_list_can_be_read(convex: Deployment, choices: BodyChoices) -> None:
    for _ in choices.times(12):
        convex.mutation("m:send", {"count": choices.integer(1, 10)})
    convex.query("m:list")


UNBOUNDED_COLLECT = WorkedBug(
    "a collect that reads more documents with every one that is written",
    "https://docs.convex.dev/understanding/best-practices: only use .collect with a small number of results",
    the_list_can_be_read,
    {
        "m": """
export const send = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => { for (let n = 0; n < count; n++) await ctx.db.insert("messages", { n }); } });
export const list = query({ args: {}, handler: async (ctx) => (await ctx.db.query("messages").collect()).length });
"""
    },
    {
        "m": """
@mutation(args={"count": v.number()})
async def send(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("messages", {"n": n})

@query(args={})
async def list(ctx, args):
    return len(await ctx.db.query("messages").collect())
"""
    },
    # A thousandth of what Convex allows, so that no seed has to write 32,000 documents.
    {"limits": Limits(documents_read=32)},
)


# --- promises and state ----------------------------------------------------------------------------------------


def every_order_is_logged(convex: Deployment, choices: BodyChoices) -> None:
    orders = sum(1 for _ in choices.times(8) if convex.action("m:order") is None)
    convex.calm()
    assert len(convex.db.table("log")) == orders


DANGLING_PROMISE = WorkedBug(
    "a promise that nobody awaits",
    "https://docs.convex.dev/functions/actions#dangling-promises: they may or may not complete",
    every_order_is_logged,
    {
        "m": """
export const order = action({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(internal.m.write, { table: "orders" });
  ctx.runMutation(internal.m.write, { table: "log" });
} });
export const write = internalMutation({ args: { table: v.string() }, handler: async (ctx, { table }) => { await ctx.db.insert(table as any, {}); } });
"""
    },
    {
        "m": """
@action(args={})
async def order(ctx, args):
    await ctx.run_mutation(internal.m.write, {"table": "orders"})
    asyncio.ensure_future(ctx.run_mutation(internal.m.write, {"table": "log"}))

@internal_mutation(args={"table": v.string()})
async def write(ctx, args):
    await ctx.db.insert(args["table"], {})
"""
    },
)


def at_most_three_codes_are_sent(convex: Deployment, choices: BodyChoices) -> None:
    for _ in choices.times(10):
        convex.mutation("m:sendCode")
    assert len(convex.db.table("codes")) <= 3


MODULE_STATE = WorkedBug(
    "state in a variable of a module",
    "https://docs.convex.dev/functions/runtimes: functions may run in fresh environments at any time",
    at_most_three_codes_are_sent,
    {
        "m": """
let sent = 0;
export const sendCode = mutation({ args: {}, handler: async (ctx) => {
  if (sent >= 3) return;
  sent += 1;
  await ctx.db.insert("codes", {});
} });
"""
    },
    options={"faults": Faults(fresh_isolate="swarm")},
)

BUGS = (
    LOST_UPDATE,
    REDELIVERED_WEBHOOK,
    REORDERED_WEBHOOK,
    RETRIED_JOB,
    OVERLAPPING_CRON,
    HOT_COUNTER,
    UNBOUNDED_COLLECT,
    DANGLING_PROMISE,
    MODULE_STATE,
)
