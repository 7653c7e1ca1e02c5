import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation, internalQuery, mutation, query } from "./_generated/server";

const WORKER = "https://worker.example.com/jobs";
const DELAY_MS = 5 * 60 * 1000;

// The job belongs to the transaction: either there are both, the task and its job, or neither.
export const create = mutation({
  args: { name: v.string() },
  returns: v.id("tasks"),
  handler: async (ctx, args) => {
    const taskId = await ctx.db.insert("tasks", args);
    await ctx.scheduler.runAfter(DELAY_MS, internal.tasks.process, { taskId });
    return taskId;
  },
});

// A scheduled action runs at most once: if it fails, or takes longer than an action may, nobody runs it again.
export const process = internalAction({
  args: { taskId: v.id("tasks") },
  handler: async (ctx, { taskId }) => {
    const name: string | null = await ctx.runQuery(internal.tasks.read, { taskId });
    if (name === null) {
      return;
    }
    const response = await fetch(WORKER, { method: "POST", body: name });
    if (!response.ok) {
      throw new Error(`the worker answered with status ${response.status}`);
    }
    await ctx.runMutation(internal.tasks.finish, { taskId, result: await response.text() });
  },
});

export const read = internalQuery({
  args: { taskId: v.id("tasks") },
  handler: async (ctx, args) => {
    const task = await ctx.db.get("tasks", args.taskId);
    return task === null ? null : task.name;
  },
});

export const finish = internalMutation({
  args: { taskId: v.id("tasks"), result: v.string() },
  handler: async (ctx, { taskId, result }) => {
    await ctx.db.patch("tasks", taskId, { result });
  },
});

export const result = query({
  args: { taskId: v.id("tasks") },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, args) => {
    const task = await ctx.db.get("tasks", args.taskId);
    return task?.result ?? null;
  },
});
