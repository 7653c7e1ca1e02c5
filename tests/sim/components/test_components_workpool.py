"""`@convex-dev/workpool`, as its README shows it, unmodified from npm: two pools, over hours of virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from component_kit import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(
        tmp_path_factory.mktemp("workpool"),
        {
            "convex.config.ts": """
                import { defineApp } from "convex/server";
                import workpool from "@convex-dev/workpool/convex.config.js";

                const app = defineApp();
                app.use(workpool, { name: "emailWorkpool" });
                app.use(workpool, { name: "scrapeWorkpool" });
                app.use(workpool, { name: "counterWorkpool" });
                export default app;
            """,
            "work.ts": """
                import { v } from "convex/values";
                import { NonRetryableError, Workpool, vOnCompleteValidator, vWorkIdValidator } from "@convex-dev/workpool";
                import { components, internal } from "./_generated/api";
                import { internalAction, internalMutation, mutation, query } from "./_generated/server";

                const emailPool = new Workpool(components.emailWorkpool, {
                  maxParallelism: 2,
                  retryActionsByDefault: true,
                  defaultRetryBehavior: { maxAttempts: 3, initialBackoffMs: 60000, base: 2 },
                });
                const scrapePool = new Workpool(components.scrapeWorkpool, { maxParallelism: 5 });
                const counterPool = new Workpool(components.counterWorkpool, { maxParallelism: 1 });

                export const downloadLatestWeather = mutation({
                  args: { cities: v.number() },
                  handler: async (ctx, { cities }) => {
                    for (let city = 0; city < cities; city++) {
                      await scrapePool.enqueueAction(ctx, internal.work.scrape, { city: `city ${city}` });
                    }
                  },
                });
                export const scrape = internalAction({
                  args: { city: v.string() },
                  handler: async (ctx, { city }) => {
                    await ctx.runMutation(internal.work.log, { what: "start", key: city });
                    await new Promise((resolve) => setTimeout(resolve, 120_000));
                    await ctx.runMutation(internal.work.log, { what: "end", key: city });
                  },
                });
                export const log = internalMutation({
                  args: { what: v.string(), key: v.string() },
                  handler: async (ctx, args) => { await ctx.db.insert("log", { ...args, at: Date.now() }); },
                });

                export const signUp = mutation({
                  args: { email: v.string(), failures: v.number(), terminal: v.boolean() },
                  handler: async (ctx, args) => await emailPool.enqueueAction(ctx, internal.work.sendEmail, args, {
                    onComplete: internal.work.emailSent,
                    context: { email: args.email },
                  }),
                });
                export const sendEmail = internalAction({
                  args: { email: v.string(), failures: v.number(), terminal: v.boolean() },
                  handler: async (ctx, { email, failures, terminal }) => {
                    const attempt: number = await ctx.runMutation(internal.work.attempt, { email });
                    if (attempt > failures) return `sent at attempt ${attempt}`;
                    throw terminal ? new NonRetryableError("Invalid email address") : new Error("try again");
                  },
                });
                export const attempt = internalMutation({
                  args: { email: v.string() },
                  handler: async (ctx, { email }) => {
                    await ctx.db.insert("log", { what: "attempt", key: email, at: Date.now() });
                    return (await ctx.db.query("log").collect()).filter((entry) => entry.key === email).length;
                  },
                });
                export const emailSent = internalMutation({
                  args: vOnCompleteValidator(v.object({ email: v.string() })),
                  handler: async (ctx, { context, result }) => {
                    await ctx.db.insert("userEmailLog", { email: context.email, result });
                  },
                });
                export const status = query({
                  args: { id: vWorkIdValidator },
                  handler: async (ctx, { id }) => await emailPool.status(ctx, id),
                });
                export const cancel = mutation({
                  args: { id: vWorkIdValidator },
                  handler: async (ctx, { id }) => { await emailPool.cancel(ctx, id); },
                });

                export const count = mutation({
                  args: { times: v.number(), pooled: v.boolean() },
                  handler: async (ctx, { times, pooled }) => {
                    await ctx.db.insert("counter", { count: 0 });
                    for (let i = 0; i < times; i++) {
                      if (pooled) await counterPool.enqueueMutation(ctx, internal.work.increment, {});
                      else await ctx.scheduler.runAfter(0, internal.work.increment, {});
                    }
                  },
                });
                export const increment = internalMutation({
                  args: {},
                  handler: async (ctx) => {
                    const countDoc = await ctx.db.query("counter").unique();
                    await ctx.db.patch(countDoc!._id, { count: countDoc!.count + 1 });
                  },
                });
            """,
        },
    )


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3) as deployment:
        yield deployment


def log(convex: Deployment, what: str, key: str | None = None) -> list[float]:
    return [row["at"] for row in convex.db.table("log") if row["what"] == what and key in {None, row["key"]}]


def test_no_more_work_runs_at_once_than_the_pool_allows(convex: Deployment) -> None:
    convex.mutation("work:downloadLatestWeather", {"cities": 13})
    convex.advance(hours=1)
    starts, ends = log(convex, "start"), log(convex, "end")
    assert len(starts) == len(ends) == 13
    at_once = [
        sum(start <= moment for start in starts) - sum(end <= moment for end in ends) for moment in starts
    ]
    assert max(at_once) == 5
    # Three rounds of two minutes each, and little between them.
    assert 360_000 <= max(ends) - min(starts) <= 366_000


def test_work_that_fails_is_retried_after_growing_waits(convex: Deployment) -> None:
    work = convex.mutation("work:signUp", {"email": "ann", "failures": 2, "terminal": False})
    assert convex.query("work:status", {"id": work}) == {"state": "pending", "previousAttempts": 0}
    convex.advance(hours=1)
    first, second = [(later - earlier) / 1_000 for earlier, later in pairwise(log(convex, "attempt", "ann"))]
    assert 29 <= first <= 91
    assert 59 <= second <= 181
    assert convex.query("work:status", {"id": work}) == {"state": "finished"}
    assert [row["result"] for row in convex.db.table("userEmailLog")] == [
        {"kind": "success", "returnValue": "sent at attempt 3"}
    ]


def test_work_that_fails_for_good_tells_its_callback(convex: Deployment) -> None:
    convex.mutation("work:signUp", {"email": "ann", "failures": 9, "terminal": False})
    convex.mutation("work:signUp", {"email": "ben", "failures": 9, "terminal": True})
    convex.advance(hours=1)
    assert (len(log(convex, "attempt", "ann")), len(log(convex, "attempt", "ben"))) == (3, 1)
    results = {row["email"]: row["result"] for row in convex.db.table("userEmailLog")}
    assert {email: result["kind"] for email, result in results.items()} == {"ann": "failed", "ben": "failed"}
    assert "try again" in results["ann"]["error"]
    assert "Invalid email address" in results["ben"]["error"]


def test_cancelled_work_is_not_begun(convex: Deployment) -> None:
    work = convex.mutation("work:signUp", {"email": "ann", "failures": 0, "terminal": False})
    convex.mutation("work:cancel", {"id": work})
    convex.advance(hours=1)
    assert log(convex, "attempt") == []
    assert [row["result"]["kind"] for row in convex.db.table("userEmailLog")] == ["canceled"]


def test_a_pool_of_one_spares_conflicts_that_the_scheduler_alone_would_meet(project: Path) -> None:
    conflicts = {}
    for pooled in (True, False):
        with Deployment(project, seed=5) as convex:
            convex.mutation("work:count", {"times": 12, "pooled": pooled})
            convex.advance(hours=1)
            assert convex.db.table("counter")[0]["count"] == 12
            events = convex.trace.events("conflict", "work:increment")
            conflicts[pooled] = len(events)
    assert conflicts[True] == 0
    assert conflicts[False] > 0


def test_pools_are_apart_and_each_has_its_own_batch_worker(convex: Deployment) -> None:
    convex.mutation("work:downloadLatestWeather", {"cities": 3})
    assert len(convex.component("scrapeWorkpool").db.table("work")) == 3
    assert convex.component("emailWorkpool").db.table("work") == []
    assert convex.component("scrapeWorkpool/batchWorker").environment["LOG_LEVEL"] == "REPORT"
    convex.advance(hours=1)
    assert convex.component("scrapeWorkpool").db.table("work") == []
