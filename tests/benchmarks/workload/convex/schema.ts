import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export const messageFields = {
  channel: v.string(),
  status: v.string(),
  author: v.string(),
  body: v.string(),
  n: v.number(),
};

export default defineSchema({
  messages: defineTable(messageFields)
    .index("by_channel", ["channel"])
    .index("by_channel_status", ["channel", "status"]),
  counters: defineTable({ name: v.string(), value: v.number() }).index("by_name", ["name"]),
  hops: defineTable({ n: v.number() }),
});
