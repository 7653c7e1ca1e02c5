"""`--fix` on Markdown, from the command line: the disk, the diff, stdin."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

GUIDE = """\
# Guide

> ```ts
> import { mutation } from "./_generated/server";
> export const add = mutation({
>   args: {},
>   handler: async (ctx) => {
>     ctx.db.insert("tasks", {}); // é
>   },
> });
> ```
"""
FIXED = GUIDE.replace("ctx.db", "await ctx.db")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "guide.md"
    path.write_text(GUIDE, encoding="utf-8")
    return path


def _call(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(main, ["lint", "--no-cache", *arguments], **options)


def test_a_document_is_fixed_on_the_disk(page: Path) -> None:
    assert _call("guide.md", "--fix").exit_code == 0
    assert page.read_text(encoding="utf-8") == FIXED
    assert _call("guide.md", "--fix").exit_code == 0
    assert page.read_text(encoding="utf-8") == FIXED


def test_the_diff_of_a_document_writes_nothing(page: Path) -> None:
    result = _call("guide.md", "--diff")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "--- a/guide.md",
        "+++ b/guide.md",
        "@@ -5,7 +5,7 @@",
        " > export const add = mutation({",
        " >   args: {},",
        " >   handler: async (ctx) => {",
        '->     ctx.db.insert("tasks", {}); // é',
        '+>     await ctx.db.insert("tasks", {}); // é',
        " >   },",
        " > });",
        " > ```",
    ]
    assert page.read_text(encoding="utf-8") == GUIDE


def test_the_diff_of_a_document_on_stdin_is_shown(page: Path) -> None:
    result = _call("-", "--stdin-filename", "other.md", "--diff", input=GUIDE)
    assert result.exit_code == 1
    assert '+>     await ctx.db.insert("tasks", {}); // é' in result.stdout.splitlines()
    assert not (page.parent / "other.md").exists()


def test_an_unneeded_suppression_in_a_document_is_removed(page: Path) -> None:
    text = FIXED.replace("// é", "// biconvex: ignore[floating-promise] no more")
    page.write_text(text, encoding="utf-8")
    assert _call("guide.md", "--fix").exit_code == 0
    assert page.read_text(encoding="utf-8") == FIXED.replace(" // é", "")
