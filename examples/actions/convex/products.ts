import { v } from "convex/values";
import { internalMutation } from "./_generated/server";

// Inserts what is new and changes what has changed. Gives how many products that were.
export const save = internalMutation({
  args: { products: v.array(v.object({ sku: v.string(), title: v.string(), price: v.number() })) },
  handler: async (ctx, args) => {
    let changed = 0;
    for (const product of args.products) {
      const known = await ctx.db
        .query("products")
        .withIndex("by_sku", (q) => q.eq("sku", product.sku))
        .unique();
      if (known === null) {
        await ctx.db.insert("products", product);
        changed += 1;
      } else if (known.title !== product.title || known.price !== product.price) {
        await ctx.db.patch("products", known._id, product);
        changed += 1;
      }
    }
    return changed;
  },
});
