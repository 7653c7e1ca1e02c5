import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const status = v.union(v.literal("draft"), v.literal("open"), v.literal("done"), v.literal("failed"));

export default defineSchema({
  users: defineTable({
    name: v.string(),
    email: v.string(),
    token: v.string(),
    lastSeenAt: v.number(),
    changes: v.number(),
  })
    .index("by_token", ["token"])
    .index("by_email", ["email"]),
  teams: defineTable({ name: v.string(), plan: v.union(v.literal("free"), v.literal("paid")) }),
  memberships: defineTable({ teamId: v.id("teams"), userId: v.id("users"), role: v.string() })
    .index("by_team_user", ["teamId", "userId"])
    .index("by_user", ["userId"]),
  changes: defineTable({ subject: v.string(), what: v.string(), by: v.id("users"), at: v.number() })
    .index("by_subject", ["subject", "at"])
    .index("by_user", ["by"]),
  things: defineTable({
    name: v.string(),
    teamId: v.id("teams"),
    ownerId: v.id("users"),
    status,
    amount: v.number(),
    dueAt: v.number(),
    notes: v.optional(v.string()),
    tags: v.array(v.string()),
    archived: v.boolean(),
    // extra fields
  })
    .index("by_team", ["teamId"])
    .index("by_team_status", ["teamId", "status"])
    .index("by_team_due", ["teamId", "dueAt"])
    .index("by_status_due", ["status", "dueAt"])
    .index("by_owner", ["ownerId"])
    .searchIndex("by_name", { searchField: "name", filterFields: ["teamId"] }),
});
