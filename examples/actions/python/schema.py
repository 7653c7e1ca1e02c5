from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema(
    {
        "messages": define_table({"content": v.string(), "response": v.optional(v.string())}),
        "orders": define_table(
            {
                "item": v.string(),
                "amount": v.number(),
                "status": v.union(v.literal("unpaid"), v.literal("paid"), v.literal("failed")),
            }
        ),
        "payments": define_table(
            {"orderId": v.id("orders"), "chargeId": v.string(), "amount": v.number()}
        ).index("by_chargeId", ["chargeId"]),
        "tasks": define_table({"name": v.string(), "result": v.optional(v.string())}),
        "products": define_table({"sku": v.string(), "title": v.string(), "price": v.number()}).index(
            "by_sku", ["sku"]
        ),
        "links": define_table({"url": v.string(), "status": v.number()}).index("by_url", ["url"]),
    }
)
