from biconvex.sim.server import internal_mutation
from biconvex.sim.values import v

PRODUCT = v.object({"sku": v.string(), "title": v.string(), "price": v.number()})


@internal_mutation(args={"products": v.array(PRODUCT)})
async def save(ctx, args):
    """Insert what is new and change what has changed; the answer is how many products that were."""
    changed = 0
    for product in args["products"]:
        known = (
            await ctx.db.query("products")
            .with_index("by_sku", lambda q, sku=product["sku"]: q.eq("sku", sku))
            .unique()
        )
        if known is None:
            await ctx.db.insert("products", product)
            changed += 1
        elif any(known[name] != product[name] for name in ("title", "price")):
            await ctx.db.patch("products", known["_id"], product)
            changed += 1
    return changed
