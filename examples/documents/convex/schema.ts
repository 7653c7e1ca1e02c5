import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export const status = v.union(v.literal("draft"), v.literal("published"), v.literal("archived"));

export default defineSchema({
  documents: defineTable({
    title: v.string(),
    content: v.string(),
    isPublic: v.boolean(),
    status,
    // The owner's token identifier: a subject alone is unique for one issuer only.
    ownerId: v.string(),
    updatedAt: v.number(),
    summary: v.optional(v.string()),
  })
    .index("by_ownerId", ["ownerId"])
    .index("by_status_and_updatedAt", ["status", "updatedAt"]),
  payments: defineTable({ paymentId: v.string(), amount: v.number() }).index("by_paymentId", ["paymentId"]),
  subscriptions: defineTable({
    subscriptionId: v.string(),
    status: v.union(v.literal("active"), v.literal("cancelled")),
  }).index("by_subscriptionId", ["subscriptionId"]),
  reports: defineTable({ day: v.string(), created: v.number() }).index("by_day", ["day"]),
  imports: defineTable({ externalId: v.string(), title: v.string(), revision: v.number() })
    .index("by_externalId", ["externalId"])
    .index("by_revision", ["revision"]),
});
