"""A third party's rule pack, really installed: the linter finds it by its entry point, and it is a pack like ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parents[1] / "examples/rule_pack"
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ notes: defineTable({ goneAt: v.optional(v.number()) }) });
"""
NOTES = """\
import { internalMutation } from "./_generated/server";
import { v } from "convex/values";
export const remove = internalMutation({
  args: { id: v.id("notes") },
  handler: async (ctx, args) => {
    await ctx.db.delete("notes", args.id);
  },
});
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed pack. What it builds on is that of this environment: no network is needed."""
    copy = shutil.copytree(
        PACK, tmp_path_factory.mktemp("source") / "pack", ignore=shutil.ignore_patterns("__pycache__")
    )
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    done = subprocess.run([*pip, *offline, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def _biconvex(packages: Path, cwd: Path, *arguments: str) -> tuple[int, str]:
    command = Path(sys.executable).with_name("biconvex")
    done = subprocess.run(
        [str(command), *arguments],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(packages)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/schema.ts").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "convex/notes.ts").write_text(NOTES, encoding="utf-8")
    (tmp_path / "biconvex.toml").write_text('[rules.hard-delete]\nfield = "goneAt"\n', encoding="utf-8")
    return tmp_path


def test_its_rules_find_what_they_find_with_the_options_that_they_are_given(
    packages: Path, project: Path
) -> None:
    code, output = _biconvex(packages, project, "lint", "--no-cache")
    assert (code, output.splitlines()[:2]) == (
        1,
        [
            "convex/notes.ts:6:11  warning  hard-delete",
            "  `notes` marks what is deleted in `goneAt`, and this is deleted for good.",
        ],
    )


def test_its_rules_are_suppressed_as_any_other(packages: Path, project: Path) -> None:
    notes = project / "convex/notes.ts"
    notes.write_text(
        NOTES.replace("args.id);", "args.id); // biconvex: ignore[hard-delete] asked for"), encoding="utf-8"
    )
    code, output = _biconvex(packages, project, "lint", "--no-cache")
    assert code == 0, output


def test_its_rules_are_listed_and_explained(packages: Path, project: Path) -> None:
    code, listed = _biconvex(packages, project, "rules")
    assert code == 0
    assert "house\n  hard-delete " in listed
    code, explained = _biconvex(packages, project, "explain", "hard-delete")
    assert code == 0
    assert "deleted for good" in explained


def test_without_the_pack_its_rules_are_unknown(tmp_path: Path, project: Path) -> None:
    code, output = _biconvex(tmp_path / "nothing", project, "lint", "--no-cache")
    assert code == 2
    assert "hard-delete" in output
