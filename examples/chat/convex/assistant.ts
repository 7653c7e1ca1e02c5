import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";

const SERVICE = "https://llm.example.com/v1/chat";
const HISTORY = 10;

type Turn = { role: "user" | "assistant"; content: string };

export const answer = internalAction({
  args: { channelId: v.id("channels") },
  handler: async (ctx, args) => {
    const turns: Turn[] = await ctx.runQuery(internal.assistant.history, args);
    const response = await fetch(SERVICE, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ model: "small", messages: turns }),
    });
    let content = "I can't answer right now.";
    if (response.ok) {
      const completion = await response.json();
      content = completion.choices[0].message.content;
    } else {
      console.warn(`the language model answered with status ${response.status}`);
    }
    await ctx.runMutation(internal.assistant.write, { channelId: args.channelId, content });
  },
});

export const history = internalQuery({
  args: { channelId: v.id("channels") },
  handler: async (ctx, args): Promise<Turn[]> => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_channelId", (q) => q.eq("channelId", args.channelId))
      .order("desc")
      .take(HISTORY);
    return messages.reverse().map((message) => ({
      role: message.authorId === undefined ? "assistant" : "user",
      content: message.content,
    }));
  },
});

export const write = internalMutation({
  args: { channelId: v.id("channels"), content: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.insert("messages", { channelId: args.channelId, content: args.content });
  },
});
