import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { commentFields, orderStatusValidator, postFields } from "./lib/fields";

// The name of an index tells its fields. One on a single field is left out where a longer one begins with it.
export default defineSchema({
  users: defineTable({
    tokenIdentifier: v.string(),
    name: v.string(),
    email: v.string(),
    role: v.union(v.literal("admin"), v.literal("user")),
    organizationId: v.optional(v.id("organizations")),
    createdAt: v.number(),
  })
    .index("by_tokenIdentifier", ["tokenIdentifier"])
    .index("by_email", ["email"])
    .index("by_organizationId", ["organizationId"]),

  organizations: defineTable({
    name: v.string(),
    slug: v.string(),
    ownerId: v.id("users"),
    createdAt: v.number(),
  })
    .index("by_slug", ["slug"])
    .index("by_ownerId", ["ownerId"]),

  posts: defineTable(postFields)
    .index("by_authorId", ["authorId"])
    .index("by_organizationId_status", ["organizationId", "status"])
    .index("by_organizationId_createdAt", ["organizationId", "createdAt"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["status", "authorId"],
    }),

  comments: defineTable(commentFields).index("by_postId", ["postId"]),

  orders: defineTable({
    orderId: v.string(),
    buyerId: v.id("users"),
    amount: v.number(),
    status: orderStatusValidator,
    createdAt: v.number(),
  })
    .index("by_orderId", ["orderId"])
    .index("by_buyerId", ["buyerId"]),

  payments: defineTable({
    paymentId: v.string(),
    orderId: v.string(),
    amount: v.number(),
    processedAt: v.number(),
  }).index("by_paymentId", ["paymentId"]),
});
