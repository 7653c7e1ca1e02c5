"""Published packages that nobody here wrote: every finding in them is listed, and was read.

None is a mistake, so that the default preset is silent. What all rules together have to say is below, with the reason why
it is true; a change of these lists is a change of what users see.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from biconvex.lint.engine import lint
from biconvex.lint.finding import Severity
from biconvex.lint.plugins import installed_rules
from biconvex.lint.result import LintResult

PACKAGES = Path(__file__).parents[1] / "packages/node_modules"

# the library is no backend of its own: this app has its sources in its folder, and calls them as its readme says
APP = {
    "auth.config.ts": 'export default { providers: [{ domain: "https://a.example", applicationID: "convex" }] };\n',
    "schema.ts": """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { rateLimitTables } from "./lib/server/rateLimit";
import { migrationsTable } from "./lib/server/migrations";
export default defineSchema({
  users: defineTable({ email: v.string() }).index("by_email", ["email"]),
  tasks: defineTable({ owner: v.id("users"), title: v.string() }).index("by_owner", ["owner"]),
  migrations: migrationsTable,
  ...rateLimitTables,
});
""",
    "tasks.ts": """\
import { mutation, query } from "./_generated/server";
import { v } from "convex/values";
import { customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { filter } from "convex-helpers/server/filter";
import { paginator } from "convex-helpers/server/pagination";
import { getManyFrom, getOneFrom } from "convex-helpers/server/relationships";
import { asyncMap } from "convex-helpers";
import { rateLimit } from "./lib/server/rateLimit";
import schema from "./schema";
const withUser = customCtx(async (ctx) => ({ user: await ctx.auth.getUserIdentity() }));
export const userQuery = customQuery(query, withUser);
export const userMutation = customMutation(mutation, withUser);
export const mine = userQuery({
  args: { email: v.string() },
  returns: v.any(),
  handler: async (ctx, args) => {
    const user = await getOneFrom(ctx.db, "users", "by_email", args.email);
    return user && (await getManyFrom(ctx.db, "tasks", "by_owner", user._id, "owner"));
  },
});
export const some = userQuery({
  args: { owners: v.array(v.id("users")) },
  returns: v.any(),
  handler: async (ctx, args) => await asyncMap(args.owners, (id) => ctx.db.get("users", id)),
});
export const pages = userQuery({
  args: { cursor: v.union(v.string(), v.null()) },
  returns: v.any(),
  handler: async (ctx, args) =>
    await paginator(ctx.db, schema).query("tasks").order("desc").paginate({ cursor: args.cursor, numItems: 9 }),
});
export const long = userQuery({
  args: { owner: v.id("users") },
  returns: v.any(),
  handler: async (ctx, args) =>
    await filter(
      ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)),
      (task) => task.title.length > 9,
    ).take(5),
});
export const add = userMutation({
  args: { owner: v.id("users"), title: v.string() },
  returns: v.id("tasks"),
  handler: async (ctx, args) => {
    await rateLimit(ctx, { name: "add", throws: true });
    return await ctx.db.insert("tasks", args);
  },
});
""",
}

WORKPOOL = {
    # three lookups for each entry of old work, in a function that stops by what it has read
    "query-per-document": ["danger.ts:73", "danger.ts:77", "danger.ts:81"],
    # kicks and diagnostics for the dashboard and the command line; forwarders for jobs of older versions
    "unreferenced-internal-function": [
        "kick.ts:32", "loop.ts:742", "loop.ts:753", "stats.ts:150", "stats.ts:183", "stats.ts:217", "worker.ts:96",
    ],
    # what older versions still send is declared, so that it passes, and read by nobody
    "unread-argument": [
        "loop.ts:129", "loop.ts:235", "loop.ts:743", "loop.ts:743", "loop.ts:754", "loop.ts:754",
        "stats.ts:112", "stats.ts:113", "stats.ts:114",
    ],
    # named after their fields without `by_`
    "misnamed-index": [f"schema.ts:{line}" for line in (67, 68, 77, 78, 85, 86)],
}  # fmt: skip
RATE_LIMITER = {
    # `name` has `key` and `shard`, too; `updatedAt` has no `by_`
    "misnamed-index": ["schema.ts:12", "schema.ts:17"],
}
SHARDED_COUNTER = {
    # `name` has `shard`, too
    "misnamed-index": ["schema.ts:9"],
}
HELPERS = {
    # `name` has `key`, too; the other has no `by_`
    "misnamed-index": ["lib/server/migrations.ts:143", "lib/server/rateLimit.ts:223"],
    # more asked for at once than a limit can ever give: a mistake of who calls, which they read in the log
    "plain-error": ["lib/server/rateLimit.ts:377", "lib/server/rateLimit.ts:382"],
}


def _package(name: str) -> Path:
    folder = PACKAGES / name
    if not folder.is_dir():
        pytest.fail("the npm packages of the tests are missing: run `make packages`", pytrace=False)
    return folder


def _component(name: str) -> LintResult:
    return lint([_package(name) / "src/component"], _package(name) / "src/component", installed_rules())


def _helpers(folder: Path) -> LintResult:
    """Lint the app with the sources of `convex-helpers` in its folder `lib`."""
    package = _package("convex-helpers")
    for file in [*package.glob("*.ts"), *package.glob("server/*.ts")]:
        if not file.name.endswith((".d.ts", ".test.ts")):
            target = folder / "convex/lib" / file.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    for name, text in APP.items():
        (folder / "convex" / name).write_text(text, encoding="utf-8")
    return lint([folder / "convex"], folder / "convex", installed_rules())


def _told(result: LintResult) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for finding in result.findings:
        told.setdefault(finding.rule, []).append(f"{finding.path}:{finding.line}")
    return told


@pytest.mark.parametrize(
    ("package", "functions", "known"),
    [
        ("@convex-dev/workpool", 24, WORKPOOL),
        ("@convex-dev/rate-limiter", 10, RATE_LIMITER),
        ("@convex-dev/sharded-counter", 5, SHARDED_COUNTER),
    ],
)
def test_a_component_is_one_backend_and_all_that_is_found_in_it_is_known(
    package: str, functions: int, known: dict[str, list[str]]
) -> None:
    result = _component(package)
    assert (result.backends, result.functions) == (1, functions)
    assert _told(result) == known
    assert {finding.severity for finding in result.findings} <= {Severity.INFO}


def test_a_library_of_helpers_is_followed_and_all_that_is_found_in_it_is_known(tmp_path: Path) -> None:
    result = _helpers(tmp_path)
    assert (result.backends, result.functions) == (1, 5)
    assert _told(result) == HELPERS
    assert {finding.severity for finding in result.findings} <= {Severity.INFO}
