import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  messages: defineTable({ content: v.string(), response: v.optional(v.string()) }),
  orders: defineTable({
    item: v.string(),
    amount: v.number(),
    status: v.union(v.literal("unpaid"), v.literal("paid"), v.literal("failed")),
  }),
  payments: defineTable({ orderId: v.id("orders"), chargeId: v.string(), amount: v.number() })
    .index("by_chargeId", ["chargeId"]),
  tasks: defineTable({ name: v.string(), result: v.optional(v.string()) }),
  products: defineTable({ sku: v.string(), title: v.string(), price: v.number() }).index("by_sku", ["sku"]),
  links: defineTable({ url: v.string(), status: v.number() }).index("by_url", ["url"]),
});
