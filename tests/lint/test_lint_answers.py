"""The cache of what was found: a run with it finds what a run without it finds, whatever changed in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from biconvex.lint import answers as module
from biconvex.lint.answers import Answer, Answers, open_answers
from biconvex.lint.cache import ParseCache
from biconvex.lint.engine import lint
from biconvex.lint.entries import digest
from biconvex.lint.plugins import installed_rules
from biconvex.lint.renewal import Known
from biconvex.lint.result import LintResult
from biconvex.lint.rule import Rule
from hypothesis import given, settings
from hypothesis import strategies as st

RULES = installed_rules()
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  tasks: defineTable({ owner: v.string(), done: v.boolean() })
    .index("by_owner", ["owner"])
    .index("by_owner_and_done", ["owner", "done"]),
});
"""
TASKS = """\
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { mutation, query } from "./_generated/server";
import { write } from "./lib";
import { shared } from "@/shared";
export const list = query({
  args: { owner: v.string() },
  handler: (ctx, args) => ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).collect(),
});
export const add = mutation({
  args: { owner: v.string() },
  handler: async (ctx, args) => {
    write(ctx, args.owner);
    await shared(ctx);
    await ctx.scheduler.runAfter(0, internal.jobs.sweep, {});
  },
});
"""
LIB = "export async function write(ctx, owner) { await ctx.db.insert('tasks', { owner, done: false }); }\n"
QUIET = "export function write(ctx, owner) { return owner; }\n"
JOBS = """\
import { internalMutation } from "./_generated/server";
export const sweep = internalMutation({ args: {}, handler: async (ctx) => { await ctx.db.query("tasks").collect(); } });
"""
CLIENT = """\
import { useQuery } from "convex/react";
import { api } from "~/convex/_generated/api";
export const Tasks = () => useQuery(api.tasks.list, { woner: "me" });
"""
FILES = {
    "package.json": '{ "dependencies": { "convex": "^1.20.0" } }',
    "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./src/*"], "~/*": ["./*"] } } }',
    "convex/schema.ts": SCHEMA,
    "convex/tasks.ts": TASKS,
    "convex/lib.ts": LIB,
    "convex/jobs.ts": JOBS,
    "src/shared.ts": "export async function shared(ctx) { fetch('https://example.com'); }\n",
    "src/client.tsx": CLIENT,
}

Edit = Callable[[Path], object]


def _text(name: str, old: str, new: str) -> Edit:
    def change(folder: Path) -> None:
        file = folder / name
        if file.exists():
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


def _whole(name: str, text: str) -> Edit:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    return change


def _without(name: str) -> Edit:
    return lambda folder: (folder / name).unlink(missing_ok=True)


EDITS: dict[str, Edit] = {
    "rename an index": _text("convex/schema.ts", '"by_owner"', '"by_user"'),
    "rename it back": _text("convex/schema.ts", '"by_user"', '"by_owner"'),
    "drop a table": _text("convex/schema.ts", "tasks: defineTable", "jobs: defineTable"),
    "write the schema anew": _whole("convex/schema.ts", SCHEMA),
    "delete the schema": _without("convex/schema.ts"),
    "make a helper quiet": _whole("convex/lib.ts", QUIET),
    "make it write": _whole("convex/lib.ts", LIB),
    "delete the helper": _without("convex/lib.ts"),
    "delete a job": _without("convex/jobs.ts"),
    "write the job": _whole("convex/jobs.ts", JOBS),
    "make the job public": _text("convex/jobs.ts", "internalMutation", "mutation"),
    "break a file": _text("convex/jobs.ts", "export const", "export cons"),
    "move code by a comment": _text("convex/tasks.ts", "export const list", "// a list\nexport const list"),
    "suppress a finding": _text("convex/tasks.ts", "    write(", "    // biconvex: ignore[floating-promise] later\n    write("),
    "alias another folder": _text("tsconfig.json", "./src/*", "./other/*"),
    "alias it back": _text("tsconfig.json", "./other/*", "./src/*"),
    "hide the client's import": _text("tsconfig.json", '"~/*": ["./*"]', '"~/*": ["./x/*"]'),
    "an older convex": _text("package.json", "^1.20.0", "^1.0.0"),
    "no convex": _text("package.json", '"convex"', '"react"'),
    "write the helper outside": _whole("other/shared.ts", "export async function shared(ctx) { await ctx.db.get(1); }\n"),
    "fix the client": _text("src/client.tsx", "woner", "owner"),
    "delete the client": _without("src/client.tsx"),
    "name another folder": _whole("convex.json", '{ "functions": "backend" }'),
    "fill another folder": _whole("backend/tasks.ts", TASKS),
    "name none": _without("convex.json"),
    "generate code": _whole("convex/_generated/server.js", "export const query = queryGeneric;"),
    "generate the API": _whole("convex/_generated/api.d.ts", 'import type * as x from "../x.js";\ntype A = ApiFromModules<{}>;\n'),
    "configure a component": _whole("convex/convex.config.ts", 'import { defineApp } from "convex/server";\nexport default defineApp();\n'),
    "a second language": _whole("convex/more.py", "from biconvex.sim.server import query\n\n@query\ndef more(ctx):\n    ctx.db.query('tasks').collect()\n"),
}  # fmt: skip


def _project(folder: Path) -> Path:
    for name, text in FILES.items():
        _whole(name, text)(folder)
    return folder


def _seen(result: LintResult) -> object:
    return result.findings, result.files, result.functions, result.backends, result.asked, result.suppressed


def _look(folder: Path, rules: tuple[Rule, ...] = RULES) -> tuple[LintResult, Answers]:
    answers = Answers(folder / "cache")
    result = lint([folder], folder, rules, cache=ParseCache(folder / "cache"), answers=answers)
    return result, answers


@given(st.lists(st.sampled_from(sorted(EDITS)), max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_run_with_the_cache_finds_what_a_run_without_it_finds(
    tmp_path_factory: pytest.TempPathFactory, edits: list[str]
) -> None:
    folder = _project(tmp_path_factory.mktemp("project"))
    for name in ["", *edits, ""]:
        if name:
            EDITS[name](folder)
        assert _seen(_look(folder)[0]) == _seen(lint([folder], folder, RULES))
    shutil.rmtree(folder)


def test_every_edit_is_noticed_on_its_own(tmp_path: Path) -> None:
    for number, (name, edit) in enumerate(EDITS.items()):
        folder = _project(tmp_path / str(number))
        _look(folder)
        edit(folder)
        assert _seen(_look(folder)[0]) == _seen(lint([folder], folder, RULES)), name


def test_what_has_not_changed_is_not_analysed_again(tmp_path: Path) -> None:
    _project(tmp_path)
    (first, before), (second, after) = _look(tmp_path), _look(tmp_path)
    assert (before.hits, after.hits) == (0, 1)
    assert _seen(first) == _seen(second)
    assert first.findings != ()
    assert [stage.name for stage in second.stages] == ["discover", "clients", "read and parse"]


def test_other_rules_and_other_options_have_other_answers(tmp_path: Path) -> None:
    _project(tmp_path)
    _look(tmp_path)
    few = tuple(rule for rule in RULES if rule.name == "floating-promise")
    result, answers = _look(tmp_path, few)
    assert answers.hits == 0
    assert {finding.rule for finding in result.findings} == {"floating-promise"}
    named = next(rule for rule in RULES if rule.name == "misnamed-index")
    _look(tmp_path, (named,))
    other = type(named)(type(named.options)(style="plain"))
    assert _look(tmp_path, (other,))[1].hits == 0
    assert _look(tmp_path, (other,))[1].hits == 1


def test_another_version_of_the_code_answers_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _project(tmp_path)
    _look(tmp_path)
    monkeypatch.setattr(module, "_code_stamp", lambda packs: b"another version")
    assert _look(tmp_path)[1].hits == 0


def test_answers_of_rules_from_elsewhere_are_not_kept(tmp_path: Path) -> None:
    class Foreign(type(RULES[0])):  # type: ignore[misc]
        name = "foreign"

    _project(tmp_path)
    for _ in range(2):
        assert _look(tmp_path, (Foreign(),))[1].hits == 0


def test_a_failure_of_ours_is_not_kept(tmp_path: Path) -> None:
    class Failing(type(RULES[0])):  # type: ignore[misc]
        name = "failing"

        def check(self, backend: object) -> None:
            raise RuntimeError

    Failing.__module__ = type(RULES[0]).__module__
    _project(tmp_path)
    for _ in range(2):
        result, answers = _look(tmp_path, (Failing(),))
        assert answers.hits == 0
        assert [finding.rule for finding in result.findings] == ["internal-error"]


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_a_damaged_entry_is_worked_out_anew(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = _project(tmp_path_factory.mktemp("project"))
    expected = _seen(_look(folder)[0])
    (entry,) = (folder / "cache/found").iterdir()
    whole = entry.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    entry.write_bytes(
        data.draw(st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]]))
    )
    result, answers = _look(folder)
    assert (_seen(result), answers.hits) == (expected, 0)


@pytest.mark.parametrize(
    "planted", [b"", b"text", msgspec.msgpack.encode([1, 2]), msgspec.msgpack.encode({"findings": 1})]
)
def test_an_entry_that_is_no_answer_counts_for_nothing(tmp_path: Path, planted: bytes) -> None:
    expected = _seen(_look(_project(tmp_path))[0])
    (entry,) = (tmp_path / "cache/found").iterdir()
    entry.write_bytes(entry.read_bytes()[:16] + digest(planted) + planted)
    result, answers = _look(tmp_path)
    assert (_seen(result), answers.hits) == (expected, 0)


def test_runs_at_the_same_time_disturb_nobody(tmp_path: Path) -> None:
    _project(tmp_path)
    expected = _seen(lint([tmp_path], tmp_path, RULES))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: _look(tmp_path)[0], range(8)))
    assert all(_seen(result) == expected for result in results)


def test_an_answer_survives_being_written(tmp_path: Path) -> None:
    findings = lint([_project(tmp_path)], tmp_path, RULES).findings
    assert any(finding.fix for finding in findings)
    links = {"convex/tasks.ts": frozenset({"convex/lib.ts"})}
    known = Known(findings, ("convex/tasks.ts",), links, frozenset({"convex/lib.ts"}), ("convex/schema.ts",))
    answer = Answer({"convex/tasks.ts": digest(b"tasks")}, known)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Answer) == answer


def test_answers_lie_in_the_cache_of_the_project(tmp_path: Path) -> None:
    answers = open_answers(_project(tmp_path) / "convex")
    lint([tmp_path], tmp_path, RULES, answers=answers)
    assert len(list((tmp_path / ".biconvex_cache/found").iterdir())) == 1
