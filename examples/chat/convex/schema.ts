import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ name: v.string() }),
  channels: defineTable({ name: v.string(), topic: v.optional(v.string()) }).index("by_name", ["name"]),
  messages: defineTable({
    channelId: v.id("channels"),
    // The assistant's messages have no author.
    authorId: v.optional(v.id("users")),
    content: v.string(),
  }).index("by_channelId", ["channelId"]),
});
