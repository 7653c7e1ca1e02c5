"""`@convex-dev/rate-limiter`, as its README shows it, unmodified from npm, with the batch worker that it installs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from biconvex.sim.values import ConvexError
from component_kit import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(
        tmp_path_factory.mktemp("rate-limiter"),
        {
            "convex.config.ts": """
                import { defineApp } from "convex/server";
                import rateLimiter from "@convex-dev/rate-limiter/convex.config.js";

                const app = defineApp();
                app.use(rateLimiter);

                export default app;
            """,
            "limits.ts": """
                import { v } from "convex/values";
                import { HOUR, MINUTE, RateLimiter, SECOND } from "@convex-dev/rate-limiter";
                import { components } from "./_generated/api";
                import { action, mutation, query } from "./_generated/server";

                const rateLimiter = new RateLimiter(components.rateLimiter, {
                  freeTrialSignUp: { kind: "fixed window", rate: 100, period: HOUR },
                  sendMessage: { kind: "token bucket", rate: 10, period: MINUTE, capacity: 3 },
                  failedLogins: { kind: "token bucket", rate: 10, period: HOUR },
                  llmTokenBudget: { kind: "token bucket", rate: 10, period: HOUR, applyUpdates: "asynchronously" },
                  llmTokens: { kind: "token bucket", rate: 40000, period: MINUTE, shards: 10 },
                });

                export const signUp = mutation({
                  args: { people: v.number() },
                  handler: async (ctx, { people }) => await rateLimiter.limit(ctx, "freeTrialSignUp", { count: people }),
                });
                export const send = mutation({
                  args: { user: v.string() },
                  handler: async (ctx, { user }) => await rateLimiter.limit(ctx, "sendMessage", { key: user }),
                });
                export const logIn = mutation({
                  args: { user: v.string() },
                  handler: async (ctx, { user }) => {
                    await ctx.db.insert("logins", { user });
                    await rateLimiter.limit(ctx, "failedLogins", { key: user, throws: true });
                  },
                });
                export const reset = mutation({
                  args: { user: v.string() },
                  handler: async (ctx, { user }) => { await rateLimiter.reset(ctx, "failedLogins", { key: user }); },
                });
                export const check = query({
                  args: { user: v.string() },
                  handler: async (ctx, { user }) => await rateLimiter.check(ctx, "failedLogins", { key: user }),
                });
                export const reserve = mutation({
                  args: { user: v.string() },
                  handler: async (ctx, { user }) => await rateLimiter.limit(ctx, "sendMessage", { key: user, reserve: true }),
                });
                export const ask = mutation({
                  args: {},
                  handler: async (ctx) => await rateLimiter.limit(ctx, "llmTokenBudget"),
                });
                export const tokens = action({
                  args: { count: v.number() },
                  handler: async (ctx, { count }) => await rateLimiter.limit(ctx, "llmTokens", { count }),
                });
                export const once = mutation({
                  args: {},
                  handler: async (ctx) => await rateLimiter.limit(ctx, "oneOffName", {
                    config: { kind: "fixed window", rate: 1, period: SECOND },
                  }),
                });
                export const value = query({
                  args: { user: v.string() },
                  handler: async (ctx, { user }) => (await rateLimiter.getValue(ctx, "sendMessage", { key: user })).value,
                });
            """,
        },
    )


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3) as deployment:
        yield deployment


def test_a_bucket_lets_its_capacity_through_and_says_when_to_come_again(convex: Deployment) -> None:
    sent = [convex.mutation("limits:send", {"user": "ann"}) for _ in range(4)]
    assert [status["ok"] for status in sent] == [True, True, True, False]
    assert sent[-1]["retryAfter"] == 6_000
    assert convex.mutation("limits:send", {"user": "ben"})["ok"]


def test_a_bucket_refills_at_its_rate_and_never_beyond_its_capacity(convex: Deployment) -> None:
    for _ in range(3):
        convex.mutation("limits:send", {"user": "ann"})
    convex.advance(milliseconds=5_999)
    assert not convex.mutation("limits:send", {"user": "ann"})["ok"]
    convex.advance(milliseconds=1)
    assert convex.mutation("limits:send", {"user": "ann"})["ok"]
    convex.advance(hours=5)
    sent = [convex.mutation("limits:send", {"user": "ann"})["ok"] for _ in range(4)]
    assert sent == [True, True, True, False]


def test_over_hours_a_greedy_user_gets_the_rate_and_no_more(convex: Deployment) -> None:
    sent = 0
    for _ in range(2 * 60 * 4):
        sent += convex.mutation("limits:send", {"user": "ann"})["ok"]
        sent += convex.mutation("limits:send", {"user": "ann"})["ok"]
        convex.advance(seconds=15)
    assert 2 * 60 * 8 - 5 <= sent <= 2 * 60 * 8  # two tries in 15 s, while 2.5 are allowed
    burst = sum(convex.mutation("limits:send", {"user": "ann"})["ok"] for _ in range(10))
    assert burst == 3


def test_a_fixed_window_fills_up_all_at_once(convex: Deployment) -> None:
    assert convex.mutation("limits:signUp", {"people": 100})["ok"]
    refused = convex.mutation("limits:signUp", {"people": 1})
    assert not refused["ok"]
    assert 0 < refused["retryAfter"] <= 3_600_000
    convex.advance(milliseconds=refused["retryAfter"] - 1)
    assert not convex.mutation("limits:signUp", {"people": 1})["ok"]
    convex.advance(milliseconds=1)
    assert convex.mutation("limits:signUp", {"people": 100})["ok"]


def test_a_limit_that_throws_undoes_the_mutation_with_the_reason_as_data(convex: Deployment) -> None:
    for _ in range(10):
        convex.mutation("limits:logIn", {"user": "ann"})
    with pytest.raises(ConvexError) as caught:
        convex.mutation("limits:logIn", {"user": "ann"})
    assert caught.value.data == {"kind": "RateLimited", "name": "failedLogins", "retryAfter": 360_000}
    assert len(convex.db.table("logins")) == 10
    assert not convex.query("limits:check", {"user": "ann"})["ok"]
    convex.mutation("limits:reset", {"user": "ann"})
    assert convex.query("limits:check", {"user": "ann"})["ok"]


def test_a_reservation_is_kept_for_whoever_made_it(convex: Deployment) -> None:
    for _ in range(3):
        convex.mutation("limits:send", {"user": "ann"})
    reserved = convex.mutation("limits:reserve", {"user": "ann"})
    assert (reserved["ok"], reserved["retryAfter"]) == (True, 6_000)
    convex.advance(seconds=6)
    assert not convex.mutation("limits:send", {"user": "ann"})["ok"]
    convex.advance(seconds=6)
    assert convex.mutation("limits:send", {"user": "ann"})["ok"]


def test_updates_that_are_applied_later_go_through_the_batch_worker_within(convex: Deployment) -> None:
    asked = [convex.mutation("limits:ask")["ok"] for _ in range(15)]
    assert all(asked)  # the limit is not yet told of any
    convex.advance(minutes=1)
    assert not convex.mutation("limits:ask")["ok"]
    convex.advance(hours=3)
    assert convex.mutation("limits:ask")["ok"]
    assert any("@rateLimiter/batchWorker" in run.function for run in convex.trace.runs())


def test_shards_and_one_off_limits_work_from_actions_and_mutations(convex: Deployment) -> None:
    assert convex.action("limits:tokens", {"count": 1000})["ok"]
    assert convex.mutation("limits:once")["ok"]
    assert not convex.mutation("limits:once")["ok"]
    convex.advance(seconds=1)
    assert convex.mutation("limits:once")["ok"]
    assert convex.query("limits:value", {"user": "ann"}) == 3
