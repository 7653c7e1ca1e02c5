from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema(
    {
        "users": define_table({"name": v.string()}),
        "channels": define_table({"name": v.string(), "topic": v.optional(v.string())}).index(
            "by_name", ["name"]
        ),
        "messages": define_table(
            {
                "channelId": v.id("channels"),
                # The assistant's messages have no author.
                "authorId": v.optional(v.id("users")),
                "content": v.string(),
            }
        ).index("by_channelId", ["channelId"]),
    }
)
