import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation } from "./_generated/server";
import { notify } from "./lib/notify";
import { requireStaff } from "./lib/people";
import { DAY_MS, HOUR_MS } from "./lib/time";

const REMINDERS = [
  { aheadMs: DAY_MS, when: "tomorrow" },
  { aheadMs: HOUR_MS, when: "in an hour" },
];
const MAX_ATTENDEES = 50;

export const announce = mutation({
  args: { title: v.string(), startsAt: v.number(), attendeeIds: v.array(v.id("users")) },
  returns: v.id("meetings"),
  handler: async (ctx, args) => {
    await requireStaff(ctx);
    if (args.attendeeIds.length > MAX_ATTENDEES) {
      throw new ConvexError({ code: "too-many-attendees", most: MAX_ATTENDEES });
    }
    const meetingId = await ctx.db.insert("meetings", { ...args, reminders: [] });
    const reminders = [];
    for (const { aheadMs, when } of REMINDERS) {
      const remindAt = args.startsAt - aheadMs;
      if (remindAt >= Date.now()) {
        reminders.push(await ctx.scheduler.runAt(remindAt, internal.meetings.remind, { meetingId, when }));
      }
    }
    await ctx.db.patch("meetings", meetingId, { reminders });
    return meetingId;
  },
});

export const remind = internalMutation({
  args: { meetingId: v.id("meetings"), when: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const meeting = await ctx.db.get("meetings", args.meetingId);
    if (meeting === null) {
      return null;
    }
    const notice = { channel: "email", category: "meeting", title: meeting.title } as const;
    for (const recipientId of meeting.attendeeIds) {
      await notify(ctx, { ...notice, recipientId, body: `the meeting is ${args.when}` }, Date.now());
    }
    return null;
  },
});

export const cancel = mutation({
  args: { id: v.id("meetings") },
  returns: v.null(),
  handler: async (ctx, args) => {
    await requireStaff(ctx);
    const meeting = await ctx.db.get("meetings", args.id);
    if (meeting === null) {
      throw new ConvexError({ code: "no-such-meeting" });
    }
    for (const job of meeting.reminders) {
      await ctx.scheduler.cancel(job);
    }
    await ctx.db.delete("meetings", args.id);
    return null;
  },
});
