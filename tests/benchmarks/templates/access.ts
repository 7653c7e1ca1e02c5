import { ConvexError } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

/** Who is calling; throws when nobody is logged in. */
export async function requireUser(ctx: QueryCtx): Promise<Doc<"users">> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    throw new ConvexError({ code: "unauthenticated", message: "Log in first." });
  }
  const user = await ctx.db
    .query("users")
    .withIndex("by_token", (q) => q.eq("token", identity.tokenIdentifier))
    .unique();
  if (user === null) {
    throw new ConvexError({ code: "unknown_user", message: "There is no account for this login." });
  }
  return user;
}

/** Who is calling, with the role in the team; throws for anybody else. */
export async function requireMember(ctx: QueryCtx, teamId: Id<"teams">) {
  const user = await requireUser(ctx);
  const membership = await ctx.db
    .query("memberships")
    .withIndex("by_team_user", (q) => q.eq("teamId", teamId).eq("userId", user._id))
    .unique();
  if (membership === null) {
    throw new ConvexError({ code: "forbidden", message: "You are not a member of this team." });
  }
  return { user, role: membership.role };
}
