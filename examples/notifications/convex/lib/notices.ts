import { type Infer, v } from "convex/values";

export const channelValidator = v.union(v.literal("email"), v.literal("sms"));

export const categoryValidator = v.union(
  v.literal("meeting"),
  v.literal("task"),
  v.literal("report"),
  v.literal("alert"),
);

// pending → sending → sent → read, or back to pending for another attempt, or at last failed;
// skipped where the service isn't configured.
export const statusValidator = v.union(
  v.literal("pending"),
  v.literal("sending"),
  v.literal("sent"),
  v.literal("read"),
  v.literal("failed"),
  v.literal("skipped"),
);

export const outcomeValidator = v.union(
  v.object({ kind: v.literal("sent") }),
  v.object({ kind: v.literal("skipped"), error: v.string() }),
  v.object({ kind: v.literal("failed"), error: v.string(), again: v.boolean() }),
);

// What came of handing a message to a service. `again` says whether another attempt could do better.
export type Outcome = Infer<typeof outcomeValidator>;
