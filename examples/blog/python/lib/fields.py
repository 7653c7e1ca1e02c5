from biconvex.sim.values import v

# The fields of a post, for the schema and for what functions return.
POST_FIELDS = {
    "title": v.string(),
    "content": v.string(),
    "words": v.number(),
    "authorId": v.id("users"),
    "authorName": v.string(),
    "organizationId": v.id("organizations"),
    "status": v.union(v.literal("draft"), v.literal("published"), v.literal("removing")),
    "publishedAt": v.optional(v.number()),
    "createdAt": v.number(),
}

COMMENT_FIELDS = {
    "postId": v.id("posts"),
    "authorId": v.id("users"),
    "content": v.string(),
    "createdAt": v.number(),
}

# A document has two fields besides those of the schema: they belong into a return validator.
post_validator = v.object({"_id": v.id("posts"), "_creationTime": v.number(), **POST_FIELDS})
comment_validator = v.object({"_id": v.id("comments"), "_creationTime": v.number(), **COMMENT_FIELDS})

order_status_validator = v.union(
    v.literal("pending"), v.literal("paid"), v.literal("cancelled"), v.literal("refunding")
)
