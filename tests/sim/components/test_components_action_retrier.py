"""`@convex-dev/action-retrier`, as its README shows it, unmodified from npm: retries with backoff on virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from component_kit import write_project

SECOND = 1_000
DAY = 86_400_000


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(
        tmp_path_factory.mktemp("action-retrier"),
        {
            "convex.config.ts": """
                import { defineApp } from "convex/server";
                import actionRetrier from "@convex-dev/action-retrier/convex.config.js";

                const app = defineApp();
                app.use(actionRetrier);
                export default app;
            """,
            "index.ts": """
                import { v } from "convex/values";
                import { ActionRetrier, onCompleteValidator, runIdValidator } from "@convex-dev/action-retrier";
                import { components, internal } from "./_generated/api";
                import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";

                export const retrier = new ActionRetrier(components.actionRetrier, {
                  initialBackoffMs: 10000,
                  base: 4,
                  maxFailures: 4,
                });

                export const kickoff = mutation({
                  args: { failures: v.number() },
                  handler: async (ctx, args) => await retrier.run(ctx, internal.index.exampleAction, args, {
                    onComplete: internal.index.exampleCallback,
                  }),
                });
                export const kickoffFromAction = action({
                  args: { failures: v.number() },
                  handler: async (ctx, args) => {
                    const runId = await retrier.run(ctx, internal.index.exampleAction, args);
                    while (true) {
                      const status = await retrier.status(ctx, runId);
                      if (status.type === "inProgress") {
                        await new Promise((resolve) => setTimeout(resolve, 1000));
                        continue;
                      }
                      await retrier.cleanup(ctx, runId);
                      return status.result;
                    }
                  },
                });
                export const exampleAction = internalAction({
                  args: { failures: v.number() },
                  handler: async (ctx, { failures }) => {
                    const attempts: number = await ctx.runMutation(internal.index.attempt, {});
                    if (attempts <= failures) throw new Error(`attempt ${attempts} failed`);
                    return `attempt ${attempts} succeeded`;
                  },
                });
                export const attempt = internalMutation({
                  args: {},
                  handler: async (ctx) => {
                    await ctx.db.insert("attempts", { at: Date.now() });
                    return (await ctx.db.query("attempts").collect()).length;
                  },
                });
                export const exampleCallback = internalMutation({
                  args: onCompleteValidator,
                  handler: async (ctx, args) => { await ctx.db.insert("completed", { ...args, at: Date.now() }); },
                });
                export const status = query({
                  args: { id: runIdValidator },
                  handler: async (ctx, { id }) => await retrier.status(ctx, id),
                });
                export const cancel = mutation({
                  args: { id: runIdValidator },
                  handler: async (ctx, { id }) => { await retrier.cancel(ctx, id); },
                });
            """,
        },
    )


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3) as deployment:
        yield deployment


def waits(convex: Deployment) -> list[float]:
    """The seconds between one attempt and the next."""
    times = [document["at"] for document in convex.db.table("attempts")]
    return [(later - earlier) / SECOND for earlier, later in pairwise(times)]


def test_an_action_that_fails_is_retried_until_it_succeeds_and_its_callback_runs_once(
    convex: Deployment,
) -> None:
    run = convex.mutation("index:kickoff", {"failures": 2})
    assert convex.query("index:status", {"id": run}) == {"type": "inProgress"}
    convex.advance(hours=1)
    result = {"type": "success", "returnValue": "attempt 3 succeeded"}
    assert convex.query("index:status", {"id": run}) == {"type": "completed", "result": result}
    assert [(row["runId"], row["result"]) for row in convex.db.table("completed")] == [(run, result)]


def test_the_wait_grows_by_the_base_with_every_failure_and_is_off_by_half_at_most(convex: Deployment) -> None:
    convex.mutation("index:kickoff", {"failures": 3})
    convex.advance(hours=1)
    first, second, third = waits(convex)
    assert 20 < first < 60
    assert 80 < second < 240
    assert 320 < third < 960


def test_an_action_that_always_fails_is_given_up_after_the_failures_allowed(convex: Deployment) -> None:
    run = convex.mutation("index:kickoff", {"failures": 100})
    convex.advance(hours=2)
    status = convex.query("index:status", {"id": run})
    assert (status["type"], status["result"]["type"]) == ("completed", "failed")
    assert "attempt 5 failed" in status["result"]["error"]
    assert len(convex.db.table("attempts")) == 5
    assert len(convex.db.table("completed")) == 1


def test_a_run_that_is_cancelled_while_it_waits_is_tried_no_more(convex: Deployment) -> None:
    run = convex.mutation("index:kickoff", {"failures": 100})
    convex.advance(seconds=30)
    attempts = len(convex.db.table("attempts"))
    convex.mutation("index:cancel", {"id": run})
    convex.advance(days=1)
    assert convex.query("index:status", {"id": run}) == {"type": "completed", "result": {"type": "canceled"}}
    assert len(convex.db.table("attempts")) == attempts


def test_an_action_can_wait_for_the_result_and_clean_up(convex: Deployment) -> None:
    assert convex.action("index:kickoffFromAction", {"failures": 1}) == {
        "type": "success",
        "returnValue": "attempt 2 succeeded",
    }
    assert convex.component("actionRetrier").db.table("runs") == []


def test_the_cron_job_of_the_component_cleans_up_after_seven_days(convex: Deployment) -> None:
    convex.mutation("index:kickoff", {"failures": 0})
    convex.advance(days=6)
    assert len(convex.component("actionRetrier").db.table("runs")) == 1
    convex.advance(days=3)
    assert convex.component("actionRetrier").db.table("runs") == []
