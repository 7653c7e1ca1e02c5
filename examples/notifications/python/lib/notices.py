from biconvex.sim.values import v

channel_validator = v.union(v.literal("email"), v.literal("sms"))

category_validator = v.union(v.literal("meeting"), v.literal("task"), v.literal("report"), v.literal("alert"))

# pending → sending → sent → read, or back to pending for another attempt, or at last failed;
# skipped where the service isn't configured.
status_validator = v.union(
    v.literal("pending"),
    v.literal("sending"),
    v.literal("sent"),
    v.literal("read"),
    v.literal("failed"),
    v.literal("skipped"),
)

# What came of handing a message to a service. `again` says whether another attempt could do better.
outcome_validator = v.union(
    v.object({"kind": v.literal("sent")}),
    v.object({"kind": v.literal("skipped"), "error": v.string()}),
    v.object({"kind": v.literal("failed"), "error": v.string(), "again": v.boolean()}),
)
