import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, internalQuery } from "./_generated/server";
import { owned } from "./access";

const SERVICE = "https://llm.example.com/v1/chat/completions";
const PAUSES_MS = [1_000, 4_000];

// Who calls an action is also who calls the functions that it runs, so they can check whose document it is.
export const summarize = action({
  args: { id: v.id("documents") },
  returns: v.object({ summary: v.string(), saved: v.boolean() }),
  handler: async (ctx, { id }): Promise<{ summary: string; saved: boolean }> => {
    const content: string = await ctx.runQuery(internal.summaries.read, { id });
    const summary = await ask(content);
    const saved: boolean = await ctx.runMutation(internal.summaries.save, { id, summary, content });
    return { summary, saved };
  },
});

// Asks the language model, and again after a pause where that may help: it is busy, or out of order for a moment.
async function ask(content: string): Promise<string> {
  for (const pauseMs of [...PAUSES_MS, null]) {
    const response = await fetch(SERVICE, {
      method: "POST",
      headers: {
        "Authorization": `Bearer ${process.env.LLM_API_KEY}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({
        model: "small",
        messages: [
          { role: "system", content: "Summarize the following text." },
          { role: "user", content },
        ],
      }),
    });
    if (response.ok) {
      const completion = await response.json();
      return completion.choices[0].message.content;
    }
    if (pauseMs === null || (response.status !== 429 && response.status < 500)) {
      console.error(`the language model answered with status ${response.status}`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new ConvexError({ code: "NO_SUMMARY", message: "There is no summary right now" });
}

export const read = internalQuery({
  args: { id: v.id("documents") },
  handler: async (ctx, { id }) => (await owned(ctx, id)).content,
});

// Keeps a summary if the content still is what was summarized: meanwhile, anything may have happened to the document.
// Tells whether it was kept.
export const save = internalMutation({
  args: { id: v.id("documents"), summary: v.string(), content: v.string() },
  handler: async (ctx, { id, summary, content }) => {
    const document = await ctx.db.get("documents", id);
    if (document === null || document.content !== content) {
      return false;
    }
    await ctx.db.patch("documents", id, { summary });
    return true;
  },
});
