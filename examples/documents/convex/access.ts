import { ConvexError } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";

// Every expected failure has a code for programs and a message for people. In production a client reads no other.
export async function caller(ctx: QueryCtx): Promise<string> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    throw new ConvexError({ code: "UNAUTHORIZED", message: "You are not logged in" });
  }
  return identity.tokenIdentifier;
}

// The document, if it is the caller's own: to be asked before every write.
export async function owned(ctx: QueryCtx, id: Id<"documents">): Promise<Doc<"documents">> {
  const userId = await caller(ctx);
  const document = await ctx.db.get("documents", id);
  if (document === null) {
    throw new ConvexError({ code: "NOT_FOUND", message: "There is no such document", documentId: id });
  }
  if (document.ownerId !== userId) {
    throw new ConvexError({ code: "FORBIDDEN", message: "This is not your document", documentId: id });
  }
  return document;
}
