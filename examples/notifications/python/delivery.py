from biconvex.sim.server import internal, internal_action, internal_mutation, now_ms
from biconvex.sim.values import UNDEFINED, v

from .lib.notices import channel_validator, outcome_validator
from .lib.time import MINUTE_MS, backoff_ms, sleep
from .services.email import send_template
from .services.sms import INTERVAL_MS, send_notice

MAX_ATTEMPTS = 5
# No action runs for longer than ten minutes: one that hasn't reported by then never will.
LEASE_MS = 15 * MINUTE_MS
BATCH = 50

message_validator = v.object(
    {
        "attempt": v.number(),
        "channel": channel_validator,
        "address": v.string(),
        "name": v.string(),
        "title": v.string(),
        "body": v.string(),
    }
)


@internal_action(args={"id": v.id("notifications")}, returns=v.null())
async def deliver(ctx, args):
    message = await ctx.run_mutation(internal.delivery.claim, args)
    if message is None:
        return
    address, title, body = message["address"], message["title"], message["body"]
    if message["channel"] == "email":
        values = {"name": message["name"], "title": title, "body": body}
        outcome = await send_template(address, "notification", values, args["id"])
    else:
        turn = {"name": "sms", "intervalMs": INTERVAL_MS}
        wait_ms = await ctx.run_mutation(internal.limits.reserve, turn)
        await sleep(wait_ms)
        outcome = await send_notice(address, title, body, args["id"])
    result = {"id": args["id"], "attempt": message["attempt"], "outcome": outcome}
    await ctx.run_mutation(internal.delivery.settle, result)


@internal_mutation(args={"id": v.id("notifications")}, returns=v.union(message_validator, v.null()))
async def claim(ctx, args):
    """Take a notification for one attempt: of several jobs that are after it, one gets it."""
    notification = await ctx.db.get("notifications", args["id"])
    if notification is None or notification["status"] != "pending":
        return None
    channel = notification["channel"]
    recipient = await ctx.db.get("users", notification["recipientId"])
    address = None if recipient is None else recipient.get("email" if channel == "email" else "phone")
    if recipient is None or address is None:
        await ctx.db.patch("notifications", args["id"], {"status": "failed", "error": "no address"})
        return None
    attempt = notification["attempts"] + 1
    due_at = now_ms() + LEASE_MS
    await ctx.db.patch(
        "notifications", args["id"], {"status": "sending", "attempts": attempt, "dueAt": due_at}
    )
    return {
        "attempt": attempt,
        "channel": channel,
        "address": address,
        "name": recipient["name"],
        "title": notification["title"],
        "body": notification["body"],
    }


@internal_mutation(
    args={"id": v.id("notifications"), "attempt": v.number(), "outcome": outcome_validator},
    returns=v.null(),
)
async def settle(ctx, args):
    """Write down what came of an attempt, unless it was given up in the meantime."""
    attempt, outcome = args["attempt"], args["outcome"]
    notification = await ctx.db.get("notifications", args["id"])
    if notification is None or notification["status"] != "sending" or notification["attempts"] != attempt:
        return
    if outcome["kind"] == "sent":
        change = {"status": "sent", "sentAt": now_ms(), "error": UNDEFINED}
        await ctx.db.patch("notifications", args["id"], change)
    elif outcome["kind"] == "failed" and outcome["again"] and attempt < MAX_ATTEMPTS:
        due_at = now_ms() + backoff_ms(attempt)
        change = {"status": "pending", "dueAt": due_at, "error": outcome["error"]}
        await ctx.db.patch("notifications", args["id"], change)
        await ctx.scheduler.run_at(due_at, internal.delivery.deliver, {"id": args["id"]})
    else:
        change = {"status": outcome["kind"], "error": outcome["error"]}
        await ctx.db.patch("notifications", args["id"], change)


@internal_mutation(args={}, returns=v.number())
async def recover(ctx, args):
    """Actions run at most once. What became of one that died, or never ran, is found here: its time is long over."""
    now = now_ms()
    dead = (
        await ctx.db.query("notifications")
        .with_index("by_status_dueAt", lambda q: q.eq("status", "sending").lt("dueAt", now))
        .take(BATCH)
    )
    lost = (
        await ctx.db.query("notifications")
        .with_index("by_status_dueAt", lambda q: q.eq("status", "pending").lt("dueAt", now - LEASE_MS))
        .take(BATCH)
    )
    for notification in [*dead, *lost]:
        notification_id = notification["_id"]
        if notification["attempts"] >= MAX_ATTEMPTS:
            change = {"status": "failed", "error": "never reported back"}
            await ctx.db.patch("notifications", notification_id, change)
        else:
            await ctx.db.patch("notifications", notification_id, {"status": "pending", "dueAt": now})
            await ctx.scheduler.run_after(0, internal.delivery.deliver, {"id": notification_id})
    return len(dead) + len(lost)
