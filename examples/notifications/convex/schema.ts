import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { beneficiaryFields, donationFields } from "./lib/collections";
import { categoryValidator, channelValidator, statusValidator } from "./lib/notices";

export default defineSchema({
  users: defineTable({
    tokenIdentifier: v.string(),
    name: v.string(),
    role: v.union(v.literal("staff"), v.literal("member")),
    email: v.optional(v.string()),
    phone: v.optional(v.string()),
  }).index("by_tokenIdentifier", ["tokenIdentifier"]),

  notifications: defineTable({
    recipientId: v.id("users"),
    channel: channelValidator,
    category: categoryValidator,
    title: v.string(),
    body: v.string(),
    status: statusValidator,
    attempts: v.number(),
    // When this status should have come to an end: a pending one is due then, one that is being sent has had its time.
    dueAt: v.number(),
    sentAt: v.optional(v.number()),
    readAt: v.optional(v.number()),
    error: v.optional(v.string()),
  })
    .index("by_recipientId", ["recipientId"])
    .index("by_status_dueAt", ["status", "dueAt"]),

  meetings: defineTable({
    title: v.string(),
    startsAt: v.number(),
    attendeeIds: v.array(v.id("users")),
    // The reminders that are still to come, so that a meeting can be called off.
    reminders: v.array(v.id("_scheduled_functions")),
  }),

  // One line for each name: when whatever it stands for may happen next.
  limits: defineTable({ name: v.string(), nextAt: v.number() }).index("by_name", ["name"]),

  verifications: defineTable({
    userId: v.id("users"),
    phone: v.string(),
    code: v.string(),
    expiresAt: v.number(),
  }).index("by_userId", ["userId"]),

  beneficiaries: defineTable(beneficiaryFields).index("by_code", ["code"]).index("by_status", ["status"]),
  donations: defineTable(donationFields)
    .index("by_receipt", ["receipt"])
    .index("by_status", ["status"]),

  auditLogs: defineTable({
    actorId: v.id("users"),
    action: v.string(),
    subject: v.string(),
    details: v.record(v.string(), v.union(v.string(), v.number())),
  }).index("by_subject", ["subject"]),
});
