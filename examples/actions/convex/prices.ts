"use node";

import { parse } from "csv-parse/sync";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action } from "./_generated/server";

const PRICE = /^\d+(\.\d{1,2})?$/;

// The package needs Node's `Buffer`, so the file says "use node". Such a file has actions only.
export const load = action({
  args: { csv: v.string() },
  returns: v.number(),
  handler: async (ctx, args): Promise<number> => {
    const rows: string[][] = parse(args.csv, { relax_column_count: true, skip_empty_lines: true });
    const products = rows.slice(1).map((row, index) => {
      const [sku, title, price] = row;
      if (row.length !== 3 || !PRICE.test(price)) {
        throw new ConvexError({ code: "BAD_ROW", row: index + 1 });
      }
      return { sku, title, price: Number(price) };
    });
    // All rows at once: one call, one transaction.
    return await ctx.runMutation(internal.products.save, { products });
  },
});
