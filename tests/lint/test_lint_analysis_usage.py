"""What refers to a registered function without saying so: direct uses, open references, crons out of place."""

from __future__ import annotations

import pytest
from backend_facts import python, references, shape, sources, text_of, typescript
from biconvex.lint.lookup import mentioned

CRONS = """
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
crons.hourly("hourly", { minuteUTC: 5 }, internal.a.f);
export default crons;
"""


def test_a_registered_function_that_is_called_or_passed_is_a_direct_use():
    for backend in (
        typescript("""
export const g = internalMutation({ args: {}, handler: async () => 1 });
export const f = mutation({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(g, {});
  await ctx.scheduler.runAfter(0, g, {});
  await g(ctx, {});
  await ctx.runMutation(internal.a.g, {});
} });
"""),
        python("""
@internal_mutation(args={})
async def g(ctx, args): ...
@mutation(args={})
async def f(ctx, args):
    await ctx.run_mutation(g, {})
    await ctx.scheduler.run_after(0, g, {})
    await g(ctx, {})
    await ctx.run_mutation(internal.a.g, {})
"""),
    ):
        assert [(use.function.name, use.use, text_of(use.place)) for use in backend.direct_uses] == [
            ("g", "runMutation", "g"),
            ("g", "scheduler.runAfter", "g"),
            ("g", "called", "g(ctx, {})"),
        ]


def test_the_handler_of_a_registered_function_is_no_member_that_can_be_called():
    backend = typescript("""
export const g = mutation({ args: {}, handler: async (ctx) => null });
export const f = mutation({ args: {}, handler: async (ctx) => { await g.handler(ctx, {}); } });
""")
    assert [(use.function.name, use.use, text_of(use.place)) for use in backend.direct_uses] == [
        ("g", "called", "g.handler(ctx, {})")
    ]


def test_helpers_are_no_direct_uses():
    backend = typescript("""
const g = async (ctx: MutationCtx) => 1;
export const f = mutation({ args: {}, handler: async (ctx) => { await g(ctx); await ctx.runMutation(g, {}); } });
""")
    assert backend.direct_uses == ()


def test_parts_of_the_api_that_go_out_of_sight_are_open():
    backend = typescript("""
export const f = action({ args: {}, handler: async (ctx, { name }) => {
  await ctx.runMutation(internal.a[name], {});
  await ctx.runMutation(internal.a.f, {});
  all(api);
} });
export const plain = () => each(internal.folder.b);
""")
    assert backend.open_references == {("api",), ("internal", "a")}
    assert references(backend) == ["internal.a.f found", "internal.folder.b missing"]


def test_a_module_that_is_handed_on_is_open():
    backend = typescript("export const r = each(internal.folder.b);", folder_b="export const x = 1;")
    assert backend.open_references == {("internal", "folder", "b")}
    assert backend.references == ()


def test_a_custom_builder_leaves_the_arguments_incomplete():
    backend = typescript("""
import { customMutation } from "convex-helpers/server/customFunctions";
const own = customMutation(mutation, { args: { session: v.string() }, input: async () => ({ ctx: {}, args: {} }) });
export const f = own({ args: { x: v.string() }, handler: async () => 1 });
""")
    assert [shape(f.args.shape) for f in backend.functions] == ["{x: string}…"]


@pytest.mark.parametrize(
    ("files", "deployed"),
    [
        ({"crons.ts": CRONS}, True),
        ({"cron.ts": CRONS}, False),
        ({"cron.ts": CRONS, "crons.ts": 'export { default } from "./cron";'}, True),
        ({"cron.ts": CRONS, "crons.ts": 'import c from "./cron";\nexport default wrap(c);'}, None),
        ({"crons.ts": CRONS.replace("export default", "export const a =")}, False),
        (
            {
                "crons.py": "from biconvex.sim.server import cron_jobs\nc = cron_jobs()\nc.hourly('a', {}, 'a:f')"
            },
            True,
        ),
        (
            {
                "cron.py": "from biconvex.sim.server import cron_jobs\nc = cron_jobs()\nc.hourly('a', {}, 'a:f')"
            },
            False,
        ),
    ],
)
def test_cron_jobs_run_if_the_module_crons_exports_them(files: dict[str, str], deployed: bool | None):
    assert [job.deployed for job in sources(files).crons] == [deployed]


def test_the_parts_of_a_cron_schedule():
    backend = sources({"crons.ts": CRONS.replace("minuteUTC: 5", "minuteUTC: 5, hourUTC: h()")})
    (job,) = backend.crons
    assert job.parts is not None
    assert {name: (part.known, part.value, text_of(part.place)) for name, part in job.parts.items()} == {
        "minuteUTC": (True, 5, "5"),
        "hourUTC": (False, None, "h()"),
    }


def test_hourly_may_come_without_a_schedule():
    backend = sources({"crons.ts": CRONS.replace("{ minuteUTC: 5 }, internal.a.f", "internal.a.f, { x: 1 }")})
    (job,) = backend.crons
    assert (job.reference and job.reference.name, job.parts, job.schedule) == ("internal.a.f", {}, None)
    assert job.arguments is not None


def test_files_that_differ_in_their_suffix_alone_are_twins():
    text = 'import { query } from "./_generated/server";\nexport const f = query({ args: {}, handler: async () => 1 });'
    backend = sources({"a.ts": text, "a.js": text, "b.ts": text})
    assert [module.source.path for module in backend.twins] == ["convex/a.ts"]


def test_the_rest_of_an_object_has_not_what_was_taken():
    backend = typescript("""
const all = { a: v.string(), b: v.number(), c: v.null() };
const { a, b: other, ...rest } = all;
export const f = mutation({ args: { other, ...rest }, handler: async () => 1 });
""")
    assert [shape(f.args.shape) for f in backend.functions] == ["{other: float64, c: null}"]


def test_what_a_backend_mentions_in_strings_and_comments():
    backend = typescript("// npx convex run a:one\nconst names = ['a:two', 'a:threefold'];")
    names = ["a:one", "a:two", "a:three", "a:four"]
    assert mentioned(backend.modules.values(), names) == {"a:one", "a:two"}
    assert mentioned(backend.modules.values(), []) == set()
