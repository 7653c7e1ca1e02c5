from biconvex.sim.server import internal, internal_mutation, mutation, now_ms
from biconvex.sim.values import ConvexError, v

from .lib.notify import notify
from .lib.people import require_staff
from .lib.time import DAY_MS, HOUR_MS

REMINDERS = [
    {"aheadMs": DAY_MS, "when": "tomorrow"},
    {"aheadMs": HOUR_MS, "when": "in an hour"},
]
MAX_ATTENDEES = 50


@mutation(
    args={"title": v.string(), "startsAt": v.number(), "attendeeIds": v.array(v.id("users"))},
    returns=v.id("meetings"),
)
async def announce(ctx, args):
    await require_staff(ctx)
    if len(args["attendeeIds"]) > MAX_ATTENDEES:
        raise ConvexError({"code": "too-many-attendees", "most": MAX_ATTENDEES})
    meeting_id = await ctx.db.insert("meetings", {**args, "reminders": []})
    reminders = []
    for reminder in REMINDERS:
        remind_at = args["startsAt"] - reminder["aheadMs"]
        if remind_at >= now_ms():
            job_args = {"meetingId": meeting_id, "when": reminder["when"]}
            reminders.append(await ctx.scheduler.run_at(remind_at, internal.meetings.remind, job_args))
    await ctx.db.patch("meetings", meeting_id, {"reminders": reminders})
    return meeting_id


@internal_mutation(args={"meetingId": v.id("meetings"), "when": v.string()}, returns=v.null())
async def remind(ctx, args):
    meeting = await ctx.db.get("meetings", args["meetingId"])
    if meeting is None:
        return
    notice = {"channel": "email", "category": "meeting", "title": meeting["title"]}
    for recipient_id in meeting["attendeeIds"]:
        body = f"the meeting is {args['when']}"
        await notify(ctx, {**notice, "recipientId": recipient_id, "body": body}, now_ms())


@mutation(args={"id": v.id("meetings")}, returns=v.null())
async def cancel(ctx, args):
    await require_staff(ctx)
    meeting = await ctx.db.get("meetings", args["id"])
    if meeting is None:
        raise ConvexError({"code": "no-such-meeting"})
    for job in meeting["reminders"]:
        await ctx.scheduler.cancel(job)
    await ctx.db.delete("meetings", args["id"])
