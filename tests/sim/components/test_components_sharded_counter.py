"""`@convex-dev/sharded-counter`, as its README shows it, unmodified from npm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from component_kit import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(
        tmp_path_factory.mktemp("sharded-counter"),
        {
            "convex.config.ts": """
                import { defineApp } from "convex/server";
                import shardedCounter from "@convex-dev/sharded-counter/convex.config.js";

                const app = defineApp();
                app.use(shardedCounter);

                export default app;
            """,
            "checkboxes.ts": """
                import { v } from "convex/values";
                import { ShardedCounter } from "@convex-dev/sharded-counter";
                import { components, internal } from "./_generated/api";
                import { action, internalMutation, mutation, query } from "./_generated/server";

                const options = { shards: { checkboxes: 10, single: 1 }, defaultShards: 8 };
                const counter = new ShardedCounter(components.shardedCounter, options);
                const numCheckboxes = counter.for("checkboxes");
                // A counter keeps to the shard that it used first, and so does one in a module: as long as its deployment.
                const fresh = () => new ShardedCounter(components.shardedCounter, options);

                export const check = mutation({
                  args: { count: v.number() },
                  handler: async (ctx, { count }) => { await numCheckboxes.add(ctx, count); },
                });
                export const spread = mutation({
                  args: { count: v.number() },
                  handler: async (ctx, { count }) => { await fresh().add(ctx, "checkboxes", count); },
                });
                export const uncheck = mutation({ args: {}, handler: async (ctx) => { await numCheckboxes.dec(ctx); } });
                export const reset = mutation({ args: {}, handler: async (ctx) => { await numCheckboxes.reset(ctx); } });
                export const count = query({ args: {}, handler: async (ctx) => await numCheckboxes.count(ctx) });
                export const estimate = query({
                  args: { shards: v.number() },
                  handler: async (ctx, { shards }) => await counter.estimateCount(ctx, "checkboxes", shards),
                });
                export const rebalance = mutation({
                  args: {},
                  handler: async (ctx) => { await numCheckboxes.rebalance(ctx); },
                });
                export const addTo = mutation({
                  args: { key: v.string() },
                  handler: async (ctx, { key }) => { await counter.inc(ctx, key as any); },
                });
                export const fromAction = action({
                  args: {},
                  handler: async (ctx) => {
                    await counter.inc(ctx, "checkboxes");
                    return await counter.count(ctx, "checkboxes");
                  },
                });
                export const failing = mutation({
                  args: {},
                  handler: async (ctx) => {
                    await numCheckboxes.add(ctx, 1000);
                    throw new Error("no");
                  },
                });
                export const later = mutation({
                  args: { key: v.string() },
                  handler: async (ctx, { key }) => {
                    for (let i = 0; i < 8; i++) await ctx.scheduler.runAfter(1000, internal.checkboxes.add, { key });
                  },
                });
                export const add = internalMutation({
                  args: { key: v.string() },
                  handler: async (ctx, { key }) => { await fresh().inc(ctx, key as any); },
                });
            """,
        },
    )


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3) as deployment:
        yield deployment


def shards(convex: Deployment) -> list[float]:
    return [document["value"] for document in convex.component("shardedCounter").db.table("counters")]


def test_a_count_is_spread_over_its_shards_and_read_from_all(convex: Deployment) -> None:
    for _ in range(50):
        convex.mutation("checkboxes:spread", {"count": 5})
    convex.mutation("checkboxes:uncheck")
    assert convex.query("checkboxes:count") == 249
    assert sum(shards(convex)) == 249
    assert len(shards(convex)) == 10


def test_an_estimate_reads_some_shards_and_a_rebalanced_counter_makes_it_exact(convex: Deployment) -> None:
    for _ in range(20):
        convex.mutation("checkboxes:check", {"count": 5})
    convex.mutation("checkboxes:rebalance")
    assert shards(convex) == [10.0] * 10
    assert convex.query("checkboxes:estimate", {"shards": 3}) == 100


def test_a_reset_counter_begins_anew(convex: Deployment) -> None:
    convex.mutation("checkboxes:check", {"count": 5})
    convex.mutation("checkboxes:reset")
    assert convex.query("checkboxes:count") == 0


def test_actions_count_in_transactions_of_their_own(convex: Deployment) -> None:
    assert [convex.action("checkboxes:fromAction") for _ in range(3)] == [1, 2, 3]
    assert convex.query("checkboxes:count") == 3


def test_a_mutation_that_fails_has_counted_nothing(convex: Deployment) -> None:
    with pytest.raises(Exception, match="no"):
        convex.mutation("checkboxes:failing")
    assert convex.query("checkboxes:count") == 0


def test_a_subscription_to_a_count_follows_the_component(convex: Deployment) -> None:
    counts = convex.subscribe("checkboxes:count")
    convex.mutation("checkboxes:check", {"count": 2})
    convex.mutation("checkboxes:check", {"count": 3})
    assert list(counts) == [0, 2, 5]


def test_shards_spare_conflicts_among_jobs_that_come_due_together(project: Path) -> None:
    conflicts = {}
    for key in ("single", "checkboxes"):
        conflicts[key] = 0
        for seed in range(5):
            with Deployment(project, seed=seed) as convex:
                convex.mutation("checkboxes:addTo", {"key": key})
                convex.mutation("checkboxes:later", {"key": key})
                convex.run_until_idle()
                conflicts[key] += convex.trace.count("conflict")
                assert sum(shards(convex)) == 9
    assert conflicts["checkboxes"] < conflicts["single"]
