import { v } from "convex/values";
import { action } from "./_generated/server";
import { complete } from "./model";

// An action at its simplest: it asks another service, and touches no data.
export const ask = action({
  args: { prompt: v.string() },
  returns: v.string(),
  handler: async (_ctx, args) => await complete(args.prompt),
});
