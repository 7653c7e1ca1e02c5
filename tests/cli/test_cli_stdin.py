"""A text on stdin, and Markdown files, as a person or an editor calls for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

CLEAN = """\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => ctx.db.query("tasks").take(10) });
"""
FLOATING = """\
import { mutation } from "./_generated/server";
export const add = mutation({ args: {}, handler: async (ctx) => { ctx.db.insert("tasks", {}); } });
"""
HELPER = "export async function write(ctx) { await ctx.db.insert('tasks', {}); }\n"
ACTION = """\
import { action } from "./_generated/server";
import { write } from "./lib";
export const run = action({ args: {}, handler: async (ctx) => { await write(ctx); } });
"""


def _call(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, ["lint", *arguments], input=text)


@pytest.fixture(autouse=True)
def convex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "convex"
    folder.mkdir()
    (folder / "tasks.ts").write_text(CLEAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_text_on_stdin_stands_in_for_its_file() -> None:
    result = _call("-", "--stdin-filename", "convex/tasks.ts", text=FLOATING)
    assert result.exit_code == 1
    assert result.output.startswith("convex/tasks.ts:2:67  error  floating-promise\n")


def test_the_text_may_be_of_a_file_that_is_not_yet_there() -> None:
    result = _call("-", "--stdin-filename", "convex/new.ts", text=FLOATING)
    assert result.output.startswith("convex/new.ts:2:67  error  floating-promise\n")


def test_the_rest_of_the_backend_is_read_from_the_disk_but_not_reported(convex: Path) -> None:
    (convex / "other.ts").write_text(FLOATING, encoding="utf-8")
    (convex / "lib.ts").write_text("export const write = async (ctx) => 1;\n", encoding="utf-8")
    (convex / "act.ts").write_text(ACTION, encoding="utf-8")
    result = _call("-", "--stdin-filename", "convex/lib.ts", "--format", "github", text=HELPER)
    assert [line.partition(" ")[2].partition(",")[0] for line in result.output.splitlines()] == [
        "file=convex/lib.ts"
    ]
    assert "title=database-in-action" in result.output


def test_the_disk_is_left_as_it_is(convex: Path) -> None:
    _call("-", "--stdin-filename", "convex/tasks.ts", text=FLOATING)
    assert (convex / "tasks.ts").read_text(encoding="utf-8") == CLEAN


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "`-` reads a text from stdin: say with --stdin-filename which file it stands in for"),
        (
            ["-", "convex", "--stdin-filename", "a.ts"],
            "`-` stands alone: other paths can't be linted with it",
        ),
        (["--stdin-filename", "a.ts"], "--stdin-filename names a text on stdin: give `-` as the path"),
        (["--language", "markdown", "convex"], "convex is a folder: --language markdown goes with files"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], message: str) -> None:
    result = _call(*arguments, text="")
    assert (result.exit_code, result.output) == (2, f"Error: {message}\n")


def test_a_stdin_filename_outside_of_backends_is_one_line() -> None:
    result = _call("-", "--stdin-filename", "src/a.ts", text=FLOATING)
    assert result.exit_code == 2
    assert result.output.startswith("Error: No Convex functions in src/a.ts: looked for")


def test_markdown_files_are_linted_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text(f"```ts\n{FLOATING}```\n", encoding="utf-8")
    result = _call("guide.md")
    assert result.exit_code == 1
    assert result.output.startswith("guide.md:3:67  error  floating-promise\n")
    assert "\n1 finding (1 error): 1 file, 1 function in " in result.output


def test_any_file_is_markdown_if_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "guide.txt").write_text(f"```ts\n{FLOATING}```\n", encoding="utf-8")
    assert _call("--language", "markdown", "guide.txt").output.startswith("guide.txt:3:67  error")


def test_markdown_on_stdin() -> None:
    result = _call("-", "--stdin-filename", "guide.mdx", text=f"```ts\n{FLOATING}```\n")
    assert result.output.startswith("guide.mdx:3:67  error  floating-promise\n")
    assert "│ export const add" in result.output
