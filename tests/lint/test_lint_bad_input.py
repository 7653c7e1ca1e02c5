"""Bad input, through the whole linter with all of its rules and fixes: findings, never a crash, and nothing outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from biconvex.lint.engine import lint
from biconvex.lint.finding import Finding
from biconvex.lint.fixes.rounds import fix_in_rounds
from biconvex.lint.plugins import installed_rules
from biconvex.lint.result import LintResult
from biconvex.lint.source import SourceFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "tests/packages/node_modules"
RULES = installed_rules()
TS = """\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const add = mutation({
  args: { title: v.string() },
  handler: async (ctx, args) => {
    ctx.db.insert("tasks", { title: args.title, note: "é\\t" });
  },
});
"""
PY = """\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"title": v.string()})
async def add(ctx, args):
    ctx.db.insert("tasks", {"title": args["title"], "note": "é\\t"})
"""
each_language = pytest.mark.parametrize(("name", "text"), [("tasks.ts", TS), ("tasks.py", PY)])


def _lint(folder: Path, files: Mapping[str, str | bytes]) -> LintResult:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    return lint([folder], folder, RULES)


def _told(result: LintResult) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.line, finding.rule) for finding in result.findings]


def _ours(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.message for finding in findings if finding.rule == "internal-error"]


# --- real files, spoilt ------------------------------------------------------------------------------------


def _real_files() -> list[Path]:
    component = PACKAGES / "@convex-dev/workpool/src/component"
    chat = ROOT / "examples/chat"
    files = [*component.glob("*.ts"), *chat.glob("convex/*.ts"), *chat.rglob("python/**/*.py")]
    return sorted(file for file in files if ".test." not in file.name)


REAL = _real_files()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(REAL), st.data())
def test_a_real_file_that_is_cut_off_or_spoilt_is_linted_and_fixed_without_a_failure_of_ours(
    tmp_path: Path, file: Path, data: st.DataObject
) -> None:
    text = file.read_bytes()
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        put = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"(", b"}", b"`", b"*/", b"'", b'"""', b"\0"])
        )
        text = text[:at] + put + text[at + data.draw(st.integers(0, 20)) :]
    text = text[: data.draw(st.integers(1, len(text)))]
    path = tmp_path / "convex" / f"spoilt{file.suffix}"
    path.parent.mkdir(exist_ok=True)
    for other in path.parent.iterdir():
        other.unlink()
    path.write_bytes(text)
    (path.parent / "whole.ts").write_text(TS, encoding="utf-8")

    def look(changed: Mapping[str, SourceFile]) -> LintResult:
        texts = {tmp_path / name: source.data for name, source in changed.items()}
        return lint([tmp_path], tmp_path, RULES, texts=texts)

    fixing = fix_in_rounds(look, unsafe=True)
    assert _ours(fixing.last.findings) == []
    assert (fixing.settled, fixing.broken) == (True, [])


# --- odd files ---------------------------------------------------------------------------------------------


@each_language
def test_byte_order_marks_line_ends_and_tabs_change_no_finding(tmp_path: Path, name: str, text: str) -> None:
    plain = _told(_lint(tmp_path / "plain", {f"convex/{name}": text}))
    assert any(rule == "floating-promise" for _, _, rule in plain)
    indent = "    " if name.endswith(".py") else "  "
    for kind, other in {
        "mark": f"\ufeff{text}",
        "windows": text.replace("\n", "\r\n"),
        "tabs": text.replace(indent, "\t"),
    }.items():
        assert _told(_lint(tmp_path / kind, {f"convex/{name}": other})) == plain


@each_language
def test_a_null_byte_is_a_finding_and_the_other_files_go_on(tmp_path: Path, name: str, text: str) -> None:
    result = _lint(tmp_path, {f"convex/{name}": text, "convex/odd.ts": "a\0b", "convex/odd.py": "a\0b"})
    assert _ours(result.findings) == []
    assert {(path, rule) for path, _, rule in _told(result)} >= {
        ("convex/odd.py", "unreadable-file"), ("convex/odd.ts", "unreadable-file"), (f"convex/{name}", "floating-promise"),
    }  # fmt: skip


@each_language
def test_ten_thousand_parentheses_are_no_failure_of_ours(tmp_path: Path, name: str, text: str) -> None:
    deep = "(" * 10_000 + "1" + ")" * 10_000
    result = _lint(tmp_path, {f"convex/{name}": f"{text}\nx = {deep}\n", f"convex/more_{name}": text})
    assert _ours(result.findings) == []
    assert (f"convex/more_{name}", "floating-promise") in {(path, rule) for path, _, rule in _told(result)}


@each_language
def test_a_file_of_five_megabytes_is_linted(tmp_path: Path, name: str, text: str) -> None:
    line = f"{'#' if name.endswith('.py') else '//'} {'x' * 900}\nx = [{', '.join(['1'] * 40)}]\n"
    big = text + line * (5_000_000 // len(line))
    assert len(big) > 4_990_000
    result = _lint(tmp_path, {f"convex/{name}": big})
    assert _ours(result.findings) == []
    assert "floating-promise" in {rule for _, _, rule in _told(result)}


# --- odd projects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["ts", "py"])
def test_files_that_import_each_other_are_linted(tmp_path: Path, suffix: str) -> None:
    files = {
        "ts": {
            "a.ts": f'import {{ b }} from "./b";\nexport const a = () => b();\n{TS}',
            "b.ts": 'import { a } from "./a";\nexport * from "./c";\nexport const b = () => a();\n',
            "c.ts": 'export * from "./b";\nexport { a } from "./a";\n',
        },
        "py": {
            "a.py": f"from .b import b\n{PY}\n\ndef a():\n    return b()\n",
            "b.py": "from .a import a\nfrom .c import *\n\ndef b():\n    return a()\n",
            "c.py": "from .b import *\nfrom .a import a\n",
        },
    }[suffix]
    result = _lint(tmp_path, {f"convex/{name}": text for name, text in files.items()})
    assert _ours(result.findings) == []
    assert (f"convex/a.{suffix}", "floating-promise") in {(path, rule) for path, _, rule in _told(result)}


@each_language
def test_functions_of_the_same_name_are_both_linted(tmp_path: Path, name: str, text: str) -> None:
    twice = text + text.replace("tasks", "notes")
    result = _lint(tmp_path, {f"convex/{name}": twice})
    assert _ours(result.findings) == []
    assert [rule for _, _, rule in _told(result)].count("floating-promise") == 2


def test_of_two_schemas_neither_breaks_the_linter(tmp_path: Path) -> None:
    head = 'import { defineSchema, defineTable } from "convex/server";\nimport { v } from "convex/values";\n'
    tasks = "defineSchema({ tasks: defineTable({ title: v.string() }) })"
    notes = "defineSchema({ notes: defineTable({ text: v.string() }) })"
    python = "from biconvex.sim.server import define_schema\n\nschema = define_schema({})\nother = define_schema({})\n"
    for kind, schemas in {
        "one file": {"schema.ts": f"{head}export const other = {notes};\nexport default {tasks};\n"},
        "two defaults": {"schema.ts": f"{head}export default {notes};\nexport default {tasks};\n"},
        "two files": {
            "schema.ts": f"{head}export default {tasks};\n",
            "schema.js": f"{head}export default {notes};\n",
        },
        "two languages": {"schema.ts": f"{head}export default {tasks};\n", "schema.py": python},
    }.items():
        files = {f"convex/{path}": text for path, text in {**schemas, "tasks.ts": TS}.items()}
        result = _lint(tmp_path / kind, files)
        assert _ours(result.findings) == []
        assert ("convex/tasks.ts", "floating-promise") in {(path, rule) for path, _, rule in _told(result)}


# --- what linting must never do ----------------------------------------------------------------------------


def test_nothing_that_is_read_is_executed(tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    result = _lint(
        tmp_path / "project",
        {
            "convex/tasks.ts": f'import fs from "fs";\nfs.writeFileSync("{trace}", "");\n{TS}',
            "convex/more.py": f"open({str(trace)!r}, 'w')\n{PY}",
            "convex/__init__.py": f"open({str(trace)!r}, 'w')\n",
            "convex/tsconfig.json": "{}",
            "conftest.py": f"open({str(trace)!r}, 'w')\n",
            "biconvex_rules.py": f"open({str(trace)!r}, 'w')\n",
        },
    )
    assert result.functions == 2
    assert not trace.exists()


def test_no_path_leads_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/s.ts").write_text("export const word = 1;\n", encoding="utf-8")
    (tmp_path / "secret/s.py").write_text("word = 1\n", encoding="utf-8")
    project = tmp_path / "project"
    (project / "convex").mkdir(parents=True)
    (project / "convex/link").symlink_to(tmp_path / "secret", target_is_directory=True)
    (project / "convex/s.ts").symlink_to(tmp_path / "secret/s.ts")
    result = _lint(
        project,
        {
            "package.json": "{}",
            "tsconfig.json": '{ "compilerOptions": { "paths": { "out/*": ["../secret/*"] } } }',
            "convex/tasks.ts": 'import { word } from "../../secret/s";\nimport { word as one } from "out/s";\n'
            f'import {{ word as two }} from "./link/s";\nexport const words = [word, one, two];\n{TS}',
            "convex/more.py": f"from ...secret.s import word\n{PY}",
        },
    )
    assert sorted(result.sources) == ["convex/more.py", "convex/tasks.ts"]
