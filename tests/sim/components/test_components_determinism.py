"""Components don't make a run depend on anything but its backend, seed and calls: nor does npm's code in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from component_kit import write_project

PROGRAM = """
import sys
from biconvex.sim import Deployment

with Deployment(sys.argv[1], seed=int(sys.argv[2])) as convex:
    for number in range(3):
        convex.mutation("m:enqueue", {"name": str(number)})
    convex.advance(seconds=20)
    print(convex.trace.digest, len(convex.db.table("done")))
"""


def digest(project: Path, seed: int, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(project), str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_two_processes_agree_on_every_event_of_a_pool_with_retries(tmp_path: Path) -> None:
    project = write_project(
        tmp_path,
        {
            "convex.config.ts": """
                import { defineApp } from "convex/server";
                import rateLimiter from "@convex-dev/rate-limiter/convex.config.js";
                import workpool from "@convex-dev/workpool/convex.config.js";
                const app = defineApp();
                app.use(workpool, { name: "pool" });
                app.use(rateLimiter);
                export default app;
            """,
            "m.ts": """
                import { v } from "convex/values";
                import { MINUTE, RateLimiter } from "@convex-dev/rate-limiter";
                import { Workpool } from "@convex-dev/workpool";
                import { components, internal } from "./_generated/api";
                import { internalAction, internalMutation, mutation } from "./_generated/server";
                const limiter = new RateLimiter(components.rateLimiter, {
                  work: { kind: "token bucket", rate: 2, period: MINUTE, shards: 2 },
                });
                const pool = new Workpool(components.pool, { maxParallelism: 3, retryActionsByDefault: true });
                export const enqueue = mutation({
                  args: { name: v.string() },
                  handler: async (ctx, args) => { await pool.enqueueAction(ctx, internal.m.work, args); },
                });
                export const work = internalAction({
                  args: { name: v.string() },
                  handler: async (ctx, args) => {
                    if (Math.random() < 0.5) throw new Error("bad luck");
                    await ctx.runMutation(internal.m.done, args);
                  },
                });
                export const done = internalMutation({
                  args: { name: v.string() },
                  handler: async (ctx, args) => {
                    const { ok } = await limiter.limit(ctx, "work");
                    await ctx.db.insert("done", { ...args, ok });
                  },
                });
            """,
        },
    )
    assert digest(project, 7, "1") == digest(project, 7, "4242")
