from biconvex.sim.server import (
    internal_mutation,
    pagination_opts_validator,
    pagination_result_validator,
    query,
)
from biconvex.sim.values import v

from .lib.people import require_staff

details_validator = v.record(v.string(), v.union(v.string(), v.number()))


async def record(ctx, actor_id, action, subject, details):
    """Write down who did what, in the transaction that does it: there is no import without its line."""
    line = {"actorId": actor_id, "action": action, "subject": subject, "details": details}
    await ctx.db.insert("auditLogs", line)


@internal_mutation(
    args={
        "actorId": v.id("users"),
        "action": v.string(),
        "subject": v.string(),
        "details": details_validator,
    },
    returns=v.null(),
)
async def write(ctx, args):
    """For actions, which have no transaction of their own."""
    await record(ctx, args["actorId"], args["action"], args["subject"], args["details"])


@query(
    args={"subject": v.string(), "paginationOpts": pagination_opts_validator},
    returns=pagination_result_validator(
        v.object(
            {
                "at": v.number(),
                "actorId": v.id("users"),
                "action": v.string(),
                "details": details_validator,
            }
        )
    ),
)
async def list(ctx, args):  # noqa: A001 - the name that clients call
    await require_staff(ctx)
    found = (
        await ctx.db.query("auditLogs")
        .with_index("by_subject", lambda q: q.eq("subject", args["subject"]))
        .order("desc")
        .paginate(args["paginationOpts"])
    )
    page = [
        {
            "at": line["_creationTime"],
            "actorId": line["actorId"],
            "action": line["action"],
            "details": line["details"],
        }
        for line in found["page"]
    ]
    return {**found, "page": page}
