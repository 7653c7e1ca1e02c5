import type { ConvexHttpClient } from "convex/browser";
import { ConvexError } from "convex/values";
import { api } from "../convex/_generated/api";
import type { Id } from "../convex/_generated/dataModel";

// What is needed of a client; `ConvexReactClient` has it, too.
type Client = Pick<ConvexHttpClient, "mutation">;

export async function remove(client: Client, id: string): Promise<string> {
  try {
    await client.mutation(api.documents.remove, { id: id as Id<"documents"> });
    return "Deleted.";
  } catch (error) {
    return explain(error);
  }
}

export async function archive(client: Client, ids: string[]): Promise<string> {
  try {
    const count = await client.mutation(api.documents.mark, { ids: ids as Id<"documents">[], status: "archived" });
    return `Archived: ${count}.`;
  } catch (error) {
    return explain(error);
  }
}

// What to tell the user of an error that the backend meant them to know. Any other is a bug, and for whoever catches those.
function explain(error: unknown): string {
  if (error instanceof ConvexError) {
    switch (error.data.code) {
      case "UNAUTHORIZED":
        return "Please log in.";
      case "NOT_FOUND":
        return "Somebody has deleted it.";
      case "FORBIDDEN":
        return "It belongs to somebody else.";
      case "TOO_MANY":
        return error.data.message;
    }
  }
  throw error;
}
