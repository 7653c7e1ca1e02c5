import type { WithoutSystemFields } from "convex/server";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

type Notice = Pick<
  WithoutSystemFields<Doc<"notifications">>,
  "recipientId" | "channel" | "category" | "title" | "body"
>;

// Writes a notification down and schedules its delivery: both happen, or neither.
export async function notify(ctx: MutationCtx, notice: Notice, dueAt: number): Promise<Id<"notifications">> {
  const id = await ctx.db.insert("notifications", { ...notice, status: "pending", attempts: 0, dueAt });
  await ctx.scheduler.runAt(dueAt, internal.delivery.deliver, { id });
  return id;
}
