"""Renewing what is known of a backend: after any edits it is what analysing the whole backend would have found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from biconvex.lint.analysis import build
from biconvex.lint.answers import Answers
from biconvex.lint.cache import ParseCache
from biconvex.lint.cases import case_files, unmark
from biconvex.lint.engine import check_backend, lint
from biconvex.lint.memory import ParseMemory
from biconvex.lint.plugins import installed_rules
from biconvex.lint.project import discover
from biconvex.lint.reading import Desk, read_folder
from biconvex.lint.renewal import known_of, renew
from biconvex.lint.renewal.portion import portion_of
from biconvex.lint.result import LintResult
from biconvex.lint.rule import Rule
from hypothesis import given, settings
from hypothesis import strategies as st

RULES = tuple(
    rule for rule in installed_rules() if rule.scope == "linked" or type(rule).outlook is not Rule.outlook
)
LINKED = tuple(rule for rule in RULES if rule.scope == "linked")
NAMES = ("tasks", "notes", "teams", "events")

SCHEMA_TS = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
%s});
"""
TABLE_TS = """\
  %s: defineTable({ owner: v.string(), done: v.boolean() })
    .index("by_owner", ["owner"]).index("by_owner_and_done", ["owner", "done"]),
"""
ACCESS_TS = """\
export async function identify(ctx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("Who are you?");
  return identity;
}
export async function clean(ctx, name) {
  for (const one of await ctx.db.query(name).collect()) {
    await ctx.db.delete(one._id);
  }
}
"""
MODEL_TS = """\
import { clean } from "../access";
export const PAGE = 10;
export async function add(ctx, owner: string) {
  await clean(ctx, "THINGS");
  return await ctx.db.insert("THINGS", { owner, done: false });
}
"""
MODULE_TS = """\
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation, query, action } from "./_generated/server";
import { clean, identify } from "./access";
import { add, PAGE } from "./model/THINGS";
export const list = query({
  args: { owner: v.string() },
  handler: async (ctx, args) => {
    await identify(ctx);
    return await ctx.db.query("THINGS").withIndex("by_owner", (q) => q.eq("owner", args.owner)).take(PAGE);
  },
});
export const create = mutation({
  args: { owner: v.string(), id: v.id("THINGS") },
  handler: async (ctx, args) => {
    await add(ctx, args.owner);
    await ctx.scheduler.runAfter(0, internal.THINGS.sweep, { id: args.id });
  },
});
export const sweep = internalMutation({
  args: { id: v.id("THINGS") },
  handler: async (ctx, args) => {
    await ctx.db.delete(args.id);
  },
});
export const both = action({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(internal.THINGS.sweep, { id: "1" });
    await clean(ctx, "THINGS");
  },
});
"""
CRONS_TS = """\
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
crons.interval("sweep", { minutes: 5 }, internal.tasks.sweep, { id: "1" });
export default crons;
"""
TYPESCRIPT = {
    "package.json": '{ "dependencies": { "convex": "^1.20.0" } }',
    "convex/schema.ts": SCHEMA_TS % "".join(TABLE_TS % name for name in NAMES),
    "convex/access.ts": ACCESS_TS,
    "convex/crons.ts": CRONS_TS,
    **{f"convex/{name}.ts": MODULE_TS.replace("THINGS", name) for name in NAMES},
    **{f"convex/model/{name}.ts": MODEL_TS.replace("THINGS", name) for name in NAMES},
}
MODULE_PY = """\
from biconvex.sim.server import internal, internal_mutation, mutation, query
from biconvex.sim.values import v
from .access import identify

@query(args={"owner": v.string()})
async def list_all(ctx, args):
    await identify(ctx)
    return await ctx.db.query("THINGS").collect()

@mutation(args={"id": v.id("THINGS")})
async def create(ctx, args):
    await ctx.db.insert("THINGS", {"owner": "me", "done": False})
    await ctx.scheduler.run_after(0, internal.THINGS.sweep, {"id": args["id"]})

@internal_mutation(args={"id": v.id("THINGS")})
async def sweep(ctx, args):
    await ctx.db.delete(args["id"])
"""
PYTHON = {
    "pyproject.toml": "",
    "convex/access.py": "async def identify(ctx):\n    return await ctx.auth.get_user_identity()\n",
    **{f"convex/{name}.py": MODULE_PY.replace("THINGS", name) for name in NAMES},
}
STATEMENTS = {
    ".ts": (
        "const now = Date.now();", "await ctx.db.get(args.id);", "ctx.db.get(args.id);", "// a comment",
        'await ctx.db.insert("notes", { owner: "me", done: true });', "await identify(ctx);", "return null;",
        'for (const one of await ctx.db.query("teams").collect()) { await add(ctx, one.owner); }',
        "await ctx.runMutation(internal.notes.sweep, {});", 'throw new Error("no");',
        'await fetch("https://example.com");', "await ctx.db.query('tasks').filter((q) => q.eq(q.field('owner'), 1)).first();",
        "await ctx.runQuery(internal.nowhere.at_all, {});", "export const x = 1;", "const { y } = await import('./access');",
    ),
    ".py": (
        "    ctx.db.get(args['id'])", "    await ctx.db.query('notes').collect()", "    # a comment", "    return None",
        "    await identify(ctx)", "    await ctx.db.insert('teams', {})", "x = 1", "    import random",
    ),
}  # fmt: skip


def _project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _look(folder: Path, rules: tuple[Rule, ...] = RULES) -> tuple[LintResult, Answers]:
    answers = Answers(folder / "cache")
    result = lint([folder], folder, rules, cache=ParseCache(folder / "cache"), answers=answers)
    return result, answers


def _seen(result: LintResult) -> object:
    return result.findings, result.files, result.functions, result.backends, result.asked, result.suppressed


def _insert(file: Path, after: str, text: str) -> None:
    was = file.read_text(encoding="utf-8")
    assert after in was
    file.write_text(was.replace(after, after + text, 1), encoding="utf-8")


EDITS = st.tuples(
    st.sampled_from(["tasks", "notes", "model/tasks", "access", "crons", "schema"]),
    st.sampled_from(["insert", "insert", "insert", "delete", "double", "no await", "swap words"]),
    st.integers(0, 40),
    st.integers(0, 40),
)


def _edit(folder: Path, suffix: str, edit: tuple[str, str, int, int]) -> None:
    name, operation, at, which = edit
    file = folder / f"convex/{name}{suffix}"
    if not file.exists():
        return
    lines = file.read_text(encoding="utf-8").split("\n")
    at %= len(lines)
    if operation == "insert":
        lines.insert(at, STATEMENTS[suffix][which % len(STATEMENTS[suffix])])
    elif operation == "delete":
        del lines[at]
    elif operation == "double":
        lines.insert(at, lines[which % len(lines)])
    elif operation == "no await":
        lines = [line.replace("await ", "", 1) if number >= at else line for number, line in enumerate(lines)]
    else:
        lines[at] = lines[at].replace("internal", "query").replace("ctx", "args")
    file.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(("suffix", "files"), [(".ts", TYPESCRIPT), (".py", PYTHON)])
@given(edits=st.lists(EDITS, min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_after_any_edits_all_is_found_that_a_run_without_the_cache_finds(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    files: dict[str, str],
    edits: list[tuple[str, str, int, int]],
) -> None:
    folder = _project(tmp_path_factory.mktemp("project"), files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renew, "_LARGEST_SHARE", 1.0)  # however little it pays
        _look(folder)
        for edit in edits:
            _edit(folder, suffix, edit)
            assert _seen(_look(folder)[0]) == _seen(lint([folder], folder, RULES))
    shutil.rmtree(folder)


# A file that nothing links to, so that also a case of one file has a part and a whole.
APART = {"python": {"apart.py": "APART = 1\n"}, "typescript": {"apart.ts": "export const apart = 1;\n"}}
# The cases of these are schemas and what schemas import: after an edit there, the whole is analysed anyway.
FOUND_WHERE_ALL_DEPENDS = {
    "duplicate-union-member",
    "import-time-effect",
    "invalid-index",
    "schema-import-cycle",
}


@pytest.mark.parametrize("rule", LINKED, ids=lambda rule: rule.name)
def test_a_rule_finds_in_a_part_what_it_finds_in_the_whole(tmp_path: Path, rule: Rule) -> None:
    compared = 0
    for number, case in enumerate((*rule.flagged, *rule.silent)):
        for language in rule.languages:
            texts = APART[language] | case_files(case, language)
            folder = tmp_path / f"{number}{language}"
            _project(folder, {f"convex/{path}": unmark(text)[0] for path, text in texts.items()})
            options = type(rule.options)(**case.options)
            compared += _agree(folder, type(rule)(options))
    assert (compared == 0) == (rule.name in FOUND_WHERE_ALL_DEPENDS)


def _agree(folder: Path, rule: Rule) -> int:
    """Compare part by part, and tell how many findings of parts there were to compare."""
    compared = 0
    for backend in discover([folder], folder):
        files = read_folder(backend, Desk(folder)).parsed
        whole = build(backend, files)
        found = list(check_backend(whole, [rule], {}))
        known = known_of(whole, found)
        for file in files:
            portion = portion_of([file.source.path], known.links, known.shared)
            alone = not portion.above & {*known.shared} and not portion.files & known.entangled
            if not alone or len(portion.files) == len(files):
                continue
            part = check_backend(build(backend, files, within=portion.files), [rule], {})
            expected = [finding for finding in found if finding.path in portion.above]
            assert [finding for finding in part if finding.path in portion.above] == expected
            compared += len(expected)
    return compared


def test_every_recommended_rule_says_what_it_depends_on() -> None:
    silent = {rule.name for rule in installed_rules() if "recommended" in rule.presets} - {
        rule.name for rule in RULES
    }
    assert silent == set()


HANDLER = "await identify(ctx);\n"


def test_a_statement_in_one_function_is_looked_at_by_itself(tmp_path: Path) -> None:
    folder = _project(tmp_path, TYPESCRIPT)
    _look(folder)
    _insert(folder / "convex/notes.ts", HANDLER, "    ctx.db.get(args.owner);\n")
    result, answers = _look(folder)
    assert (answers.hits, answers.renewals) == (0, 1)
    assert [(each.path, each.line) for each in result.findings if each.rule == "floating-promise"] == [
        ("convex/notes.ts", 10)
    ]
    assert _seen(result) == _seen(lint([folder], folder, RULES))
    assert _look(folder)[1].hits == 1


@pytest.mark.parametrize(
    ("file", "after", "text"),
    [
        ("convex/schema.ts", "export default", " "),  # everything depends on it
        (
            "convex/notes.ts",
            'from "./access";\n',
            'import "./model/teams";\n',
        ),
        ("convex/notes.ts", HANDLER, "await ctx.runMutation(internal.teams.sweep, {});\n"),
        ("convex/notes.ts", HANDLER, 'await ctx.db.insert("teams", {});\n'),  # a table that may grow
        ("convex/notes.ts", HANDLER, "await add(ctx, args.owner);\n"),  # a helper that a query now reaches
        ("convex/notes.ts", "});\n", "export const more = query({ args: {}, handler: async () => null });\n"),
        ("convex/access.ts", "identify(ctx) {\n", "  ctx.db.get(1);\n"),  # everything imports it
    ],
)
def test_an_edit_that_shows_elsewhere_is_looked_at_in_the_whole(
    tmp_path: Path, file: str, after: str, text: str
) -> None:
    folder = _project(tmp_path, TYPESCRIPT)
    _look(folder)
    _insert(folder / file, after, text)
    result, answers = _look(folder)
    assert (answers.hits, answers.renewals) == (0, 0)
    assert _seen(result) == _seen(lint([folder], folder, RULES))


def test_a_rule_that_says_nothing_is_asked_about_the_whole(tmp_path: Path) -> None:
    folder = _project(tmp_path, TYPESCRIPT)
    unused = next(rule for rule in installed_rules() if rule.name == "unused-index")
    _look(folder, (unused,))
    _insert(folder / "convex/notes.ts", HANDLER, "    ctx.db.get(args.owner);\n")
    assert _look(folder, (unused,))[1].renewals == 0


def test_findings_elsewhere_follow_the_lines_that_they_point_to(tmp_path: Path) -> None:
    folder = _project(tmp_path, TYPESCRIPT)
    before = _look(folder)[0].findings
    assert any(
        each.path == "convex/access.ts" and each.evidence[0].path == "convex/events.ts"
        for each in before
        if each.evidence
    )
    _insert(folder / "convex/events.ts", "", "\n\n")
    result, answers = _look(folder)
    assert answers.renewals == 1
    assert _seen(result) == _seen(lint([folder], folder, RULES))


def test_a_process_that_stays_remembers_files_as_they_were(tmp_path: Path) -> None:
    folder = _project(tmp_path, TYPESCRIPT)
    memory, answers = ParseMemory(ParseCache(folder / "cache")), Answers(folder / "cache")
    for text in ("ctx.db.get(args.owner);\n", "await ctx.db.get(args.owner);\n"):
        lint([folder], folder, RULES, cache=memory, answers=answers)
        _insert(folder / "convex/notes.ts", HANDLER, text)
    result = lint([folder], folder, RULES, cache=memory, answers=answers)
    assert answers.renewals == 2
    assert _seen(result) == _seen(lint([folder], folder, RULES))
