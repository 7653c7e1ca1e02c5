from biconvex.sim.server import console, fetch, internal, internal_action, internal_mutation, internal_query
from biconvex.sim.values import v

FEED = "https://feed.example.com/changes"
CHANGE = v.object({"externalId": v.string(), "title": v.string(), "revision": v.number()})


@internal_action(args={})
async def pull(ctx, args):
    """Fetch what has changed elsewhere since the last time. If that fails, there is a next time in five minutes."""
    after = await ctx.run_query(internal.sync.position, {})
    response = await fetch(f"{FEED}?after={int(after)}")
    if not response.ok:
        console.warn(f"the feed answered with status {response.status}")
        return
    changes = await response.json()
    if changes:
        await ctx.run_mutation(internal.sync.store, {"changes": changes})


@internal_query(args={})
async def position(ctx, args):
    """How far we are: the highest revision that is stored."""
    last = await ctx.db.query("imports").with_index("by_revision").order("desc").first()
    return 0 if last is None else last["revision"]


@internal_mutation(args={"changes": v.array(CHANGE)})
async def store(ctx, args):
    """Store changes, each of them once: what is older than what we have is left out."""
    for change in args["changes"]:
        known = (
            await ctx.db.query("imports")
            .with_index("by_externalId", lambda q, key=change["externalId"]: q.eq("externalId", key))
            .unique()
        )
        if known is None:
            await ctx.db.insert("imports", change)
        elif known["revision"] < change["revision"]:
            await ctx.db.patch("imports", known["_id"], change)
