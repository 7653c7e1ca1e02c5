import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation } from "./_generated/server";

// Checks all links of a list, a text file on the web with one in each line. They are asked for at the same time, as far
// as an action may, every promise is awaited, and what came of them is written by one mutation. Gives how many are broken.
export const check = action({
  args: { list: v.string() },
  returns: v.number(),
  handler: async (ctx, args) => {
    const text = await (await fetch(args.list)).text();
    const urls = text.split("\n").filter((line) => line !== "");
    const links = await Promise.all(urls.map(async (url) => ({ url, status: await status(url) })));
    await ctx.runMutation(internal.links.record, { links });
    return links.filter((link) => link.status !== 200).length;
  },
});

// The status of a page, 0 where there is no answer at all.
async function status(url: string): Promise<number> {
  try {
    return (await fetch(url, { method: "HEAD" })).status;
  } catch {
    return 0;
  }
}

export const record = internalMutation({
  args: { links: v.array(v.object({ url: v.string(), status: v.number() })) },
  handler: async (ctx, args) => {
    for (const { url, status } of args.links) {
      const known = await ctx.db
        .query("links")
        .withIndex("by_url", (q) => q.eq("url", url))
        .unique();
      if (known === null) {
        await ctx.db.insert("links", { url, status });
      } else {
        await ctx.db.patch("links", known._id, { status });
      }
    }
  },
});
