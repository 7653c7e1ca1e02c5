import { ConvexError } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

type Thing = Doc<"things">;

const ORDER: Thing["status"][] = ["draft", "open", "done"];

/** The thing with this id; throws when there is none. */
export async function findThing(ctx: QueryCtx, thingId: Id<"things">): Promise<Thing> {
  const thing = await ctx.db.get("things", thingId);
  if (thing === null) {
    throw new ConvexError({ code: "not_found", message: `There is no thing ${thingId}.` });
  }
  return thing;
}

/** The status that follows, or null after the last. */
export function nextStatus(status: Thing["status"]): Thing["status"] | null {
  const position = ORDER.indexOf(status);
  return position === -1 || position === ORDER.length - 1 ? null : ORDER[position + 1]!;
}

export function thingTotal(things: Thing[]): number {
  return things.reduce((total, thing) => total + (thing.archived ? 0 : thing.amount), 0);
}

export function describeThing(thing: Thing): string {
  const tags = thing.tags.length === 0 ? "" : ` [${thing.tags.join(", ")}]`;
  switch (thing.status) {
    case "draft":
      return `${thing.name} (not started)${tags}`;
    case "done":
      return `${thing.name} (finished)${tags}`;
    default:
      return `${thing.name}${tags}`;
  }
}

export async function recordChange(ctx: MutationCtx, thingId: Id<"things">, what: string, by: Id<"users">) {
  await ctx.db.insert("changes", { subject: thingId, what, by, at: Date.now() });
  const user = await ctx.db.get("users", by);
  if (user !== null) {
    await ctx.db.patch("users", by, { lastSeenAt: Date.now(), changes: user.changes + 1 });
  }
}
