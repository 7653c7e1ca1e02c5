from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

from .lib.fields import COMMENT_FIELDS, POST_FIELDS, order_status_validator

# The name of an index tells its fields. One on a single field is left out where a longer one begins with it.
schema = define_schema(
    {
        "users": define_table(
            {
                "tokenIdentifier": v.string(),
                "name": v.string(),
                "email": v.string(),
                "role": v.union(v.literal("admin"), v.literal("user")),
                "organizationId": v.optional(v.id("organizations")),
                "createdAt": v.number(),
            }
        )
        .index("by_tokenIdentifier", ["tokenIdentifier"])
        .index("by_email", ["email"])
        .index("by_organizationId", ["organizationId"]),
        "organizations": define_table(
            {"name": v.string(), "slug": v.string(), "ownerId": v.id("users"), "createdAt": v.number()}
        )
        .index("by_slug", ["slug"])
        .index("by_ownerId", ["ownerId"]),
        "posts": define_table(POST_FIELDS)
        .index("by_authorId", ["authorId"])
        .index("by_organizationId_status", ["organizationId", "status"])
        .index("by_organizationId_createdAt", ["organizationId", "createdAt"])
        .search_index("search_content", search_field="content", filter_fields=["status", "authorId"]),
        "comments": define_table(COMMENT_FIELDS).index("by_postId", ["postId"]),
        "orders": define_table(
            {
                "orderId": v.string(),
                "buyerId": v.id("users"),
                "amount": v.number(),
                "status": order_status_validator,
                "createdAt": v.number(),
            }
        )
        .index("by_orderId", ["orderId"])
        .index("by_buyerId", ["buyerId"]),
        "payments": define_table(
            {
                "paymentId": v.string(),
                "orderId": v.string(),
                "amount": v.number(),
                "processedAt": v.number(),
            }
        ).index("by_paymentId", ["paymentId"]),
    }
)
