from biconvex.sim.server import internal


async def notify(ctx, notice, due_at):
    """Write a notification down and schedule its delivery: both happen, or neither."""
    notification_id = await ctx.db.insert(
        "notifications", {**notice, "status": "pending", "attempts": 0, "dueAt": due_at}
    )
    await ctx.scheduler.run_at(due_at, internal.delivery.deliver, {"id": notification_id})
    return notification_id
