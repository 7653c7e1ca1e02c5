from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

status = v.union(v.literal("draft"), v.literal("published"), v.literal("archived"))
subscribed = v.union(v.literal("active"), v.literal("cancelled"))

schema = define_schema(
    {
        "documents": define_table(
            {
                "title": v.string(),
                "content": v.string(),
                "isPublic": v.boolean(),
                "status": status,
                # The owner's token identifier: a subject alone is unique for one issuer only.
                "ownerId": v.string(),
                "updatedAt": v.number(),
                "summary": v.optional(v.string()),
            }
        )
        .index("by_ownerId", ["ownerId"])
        .index("by_status_and_updatedAt", ["status", "updatedAt"]),
        "payments": define_table({"paymentId": v.string(), "amount": v.number()}).index(
            "by_paymentId", ["paymentId"]
        ),
        "subscriptions": define_table({"subscriptionId": v.string(), "status": subscribed}).index(
            "by_subscriptionId", ["subscriptionId"]
        ),
        "reports": define_table({"day": v.string(), "created": v.number()}).index("by_day", ["day"]),
        "imports": define_table({"externalId": v.string(), "title": v.string(), "revision": v.number()})
        .index("by_externalId", ["externalId"])
        .index("by_revision", ["revision"]),
    }
)
