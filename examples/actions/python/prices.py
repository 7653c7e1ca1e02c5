import csv
import re
from io import StringIO

from biconvex.sim.server import action, internal
from biconvex.sim.values import ConvexError, v

PRICE = re.compile(r"\d+(\.\d{1,2})?", re.ASCII)


@action(args={"csv": v.string()}, returns=v.number())
async def load(ctx, args):
    """Read a price list. In TypeScript this needs a package and Node; in Python, `csv` is there."""
    rows = [row for row in csv.reader(StringIO(args["csv"], newline="")) if row]
    products = []
    for number, row in enumerate(rows[1:], 1):
        if len(row) != 3 or not PRICE.fullmatch(row[2]):
            raise ConvexError({"code": "BAD_ROW", "row": number})
        products.append({"sku": row[0], "title": row[1], "price": float(row[2])})
    # All rows at once: one call, one transaction.
    return await ctx.run_mutation(internal.products.save, {"products": products})
