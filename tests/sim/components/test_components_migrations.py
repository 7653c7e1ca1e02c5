"""`@convex-dev/migrations`, as its README shows it, unmodified from npm: in batches, in series, and after failures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment
from component_kit import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(
        tmp_path_factory.mktemp("migrations"),
        {
            "convex.config.ts": """
                import { defineApp } from "convex/server";
                import migrations from "@convex-dev/migrations/convex.config.js";

                const app = defineApp();
                app.use(migrations);

                export default app;
            """,
            "schema.ts": """
                import { defineSchema, defineTable } from "convex/server";
                import { v } from "convex/values";

                export default defineSchema({
                  myTable: defineTable({
                    requiredField: v.string(),
                    optionalField: v.optional(v.string()),
                    unionField: v.union(v.string(), v.number()),
                  }).index("by_requiredField", ["requiredField"]),
                  flags: defineTable({ broken: v.boolean() }),
                });
            """,
            "migrations.ts": """
                import { Migrations } from "@convex-dev/migrations";
                import { components, internal } from "./_generated/api.js";
                import { internalQuery, mutation } from "./_generated/server.js";
                import schema from "./schema.js";

                export const migrations = new Migrations(components.migrations, { schema });

                export const run = migrations.runner();

                export const setDefaultValue = migrations.define({
                  table: "myTable",
                  migrateOne: async (ctx, doc) => {
                    if (doc.optionalField === undefined) await ctx.db.patch(doc._id, { optionalField: "default" });
                  },
                });
                export const clearField = migrations.define({
                  table: "myTable",
                  batchSize: 10,
                  migrateOne: () => ({ optionalField: undefined }),
                });
                export const validateRequiredField = migrations.define({
                  table: "myTable",
                  customRange: (query) => query.withIndex("by_requiredField", (q) => q.eq("requiredField", "")),
                  migrateOne: async (_ctx, doc) => ({ requiredField: "<unknown>" }),
                });
                export const convertUnionField = migrations.define({
                  table: "myTable",
                  batchSize: 50,
                  migrateOne: async (ctx, doc) => {
                    const flag = await ctx.db.query("flags").first();
                    if (flag?.broken && doc.unionField === "170") throw new Error("can't convert 170");
                    return { unionField: Number(doc.unionField) };
                  },
                });
                export const runAll = migrations.runner([
                  internal.migrations.setDefaultValue,
                  internal.migrations.validateRequiredField,
                  internal.migrations.convertUnionField,
                ]);
                export const fromMutation = mutation({
                  args: {},
                  handler: async (ctx) => { await migrations.runOne(ctx, internal.migrations.setDefaultValue); },
                });
                export const status = internalQuery({
                  args: {},
                  handler: async (ctx): Promise<any> => await migrations.getStatus(ctx, {
                    migrations: [
                      internal.migrations.setDefaultValue,
                      internal.migrations.validateRequiredField,
                      internal.migrations.convertUnionField,
                    ],
                  }),
                });
                export const mend = mutation({
                  args: {},
                  handler: async (ctx) => {
                    const flag = await ctx.db.query("flags").first();
                    await ctx.db.patch(flag!._id, { broken: false });
                  },
                });
            """,
        },
    )


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3) as deployment:
        for number in range(250):
            required = "" if number % 10 == 0 else "given"
            deployment.db.insert("myTable", {"requiredField": required, "unionField": str(number)})
        yield deployment


def documents(convex: Deployment) -> list[dict[str, Any]]:
    return convex.db.table("myTable")


def statuses(convex: Deployment) -> dict[str, tuple[str, float]]:
    found = convex.as_admin().query("migrations:status")
    return {status["name"]: (status["state"], status["processed"]) for status in found}


def test_a_migration_goes_over_the_whole_table_in_batches(convex: Deployment) -> None:
    convex.as_admin().mutation("migrations:run", {"fn": "migrations:setDefaultValue"})
    assert sum("optionalField" in document for document in documents(convex)) == 100
    convex.advance(hours=1)
    assert all(document["optionalField"] == "default" for document in documents(convex))
    assert statuses(convex)["migrations:setDefaultValue"] == ("success", 250)
    runs = [run for run in convex.trace.runs("migrations:setDefaultValue") if run.error is None]
    assert len(runs) == 3


def test_a_finished_migration_does_not_run_again_unless_it_is_reset(convex: Deployment) -> None:
    convex.mutation("migrations:fromMutation")
    convex.advance(hours=1)
    before = len(convex.trace.runs("migrations:setDefaultValue"))
    convex.mutation("migrations:fromMutation")
    convex.advance(hours=1)
    assert len(convex.trace.runs("migrations:setDefaultValue")) == before
    convex.as_admin().mutation("migrations:run", {"fn": "migrations:setDefaultValue", "reset": True})
    convex.advance(hours=1)
    assert len(convex.trace.runs("migrations:setDefaultValue")) == 2 * before


def test_a_series_runs_one_after_the_other(convex: Deployment) -> None:
    convex.as_admin().mutation("migrations:runAll")
    convex.advance(hours=1)
    assert statuses(convex) == {
        "migrations:setDefaultValue": ("success", 250),
        "migrations:validateRequiredField": ("success", 25),
        "migrations:convertUnionField": ("success", 250),
    }
    assert [document["unionField"] for document in documents(convex)] == list(range(250))
    assert sum(document["requiredField"] == "<unknown>" for document in documents(convex)) == 25


def test_a_dry_run_changes_nothing(convex: Deployment) -> None:
    told = convex.as_admin().mutation("migrations:run", {"fn": "migrations:setDefaultValue", "dryRun": True})
    assert told["processed"] == 100
    assert not any("optionalField" in document for document in documents(convex))
    assert statuses(convex)["migrations:setDefaultValue"] == ("unknown", 0)


def test_a_migration_that_fails_goes_on_where_it_was_once_it_is_mended(convex: Deployment) -> None:
    convex.db.insert("flags", {"broken": True})
    convex.as_admin().mutation("migrations:run", {"fn": "migrations:convertUnionField"})
    convex.advance(hours=1)
    assert statuses(convex)["migrations:convertUnionField"] == ("failed", 150)
    assert documents(convex)[149]["unionField"] == 149
    assert documents(convex)[150]["unionField"] == "150"
    convex.mutation("migrations:mend")
    convex.as_admin().mutation("migrations:run", {"fn": "migrations:convertUnionField"})
    convex.advance(hours=1)
    assert statuses(convex)["migrations:convertUnionField"] == ("success", 250)
    assert [document["unionField"] for document in documents(convex)] == list(range(250))


def test_a_migration_can_be_called_directly_with_another_to_follow(convex: Deployment) -> None:
    convex.as_admin().mutation("migrations:setDefaultValue", {"next": ["migrations:clearField"]})
    convex.advance(hours=1)
    assert not any("optionalField" in document for document in documents(convex))
    assert len(convex.component("migrations").db.table("migrations")) == 2
    assert len(convex.component("migrations").query("lib:getStatus", {})) == 2
