"""The cache of parsed files: it changes nothing but the time, whatever happens to it."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from biconvex.lint import cache as module
from biconvex.lint import syntax
from biconvex.lint.cache import ParseCache, cache_folder
from biconvex.lint.engine import lint
from biconvex.lint.entries import digest
from biconvex.lint.memory import ParseMemory
from biconvex.lint.parse import parse
from biconvex.lint.parsed import ParsedFile
from biconvex.lint.plugins import installed_rules
from biconvex.lint.result import LintResult
from biconvex.lint.source import Language, SourceFile
from hypothesis import given, settings
from hypothesis import strategies as st

RULES = [rule for rule in installed_rules() if rule.name == "floating-promise"]
TASKS = """\
// a comment
import { mutation } from "./_generated/server";
import { write } from "./lib";
export const add = mutation({ args: {}, handler: async (ctx) => { write(ctx); /* another */ } });
"""
LIB = "export async function write(ctx) { await ctx.db.insert('tasks', {}); }\n"


def _source(text: str, path: str = "convex/tasks.ts", language: Language = "typescript") -> SourceFile:
    return SourceFile(path, language, text.encode())


def _same(one: ParsedFile, other: ParsedFile) -> bool:
    trees = [pickle.dumps(each.module) for each in (one, other)]
    return trees[0] == trees[1] and (one.comments, one.errors) == (other.comments, other.errors)


def _entries(folder: Path) -> list[Path]:
    return sorted((folder / "parsed").iterdir())


def _project(folder: Path) -> Path:
    (folder / "convex").mkdir()
    (folder / "package.json").write_text("{}", encoding="utf-8")
    (folder / "convex/tasks.ts").write_text(TASKS, encoding="utf-8")
    (folder / "convex/lib.ts").write_text(LIB, encoding="utf-8")
    return folder


def _lint(folder: Path) -> tuple[LintResult, ParseCache]:
    cache = ParseCache(folder / "cache")
    return lint([folder], folder, RULES, cache=cache), cache


# --- one file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "language"),
    [
        (TASKS, "a.ts", "typescript"),
        ("const a = <b>{c}</b>;", "a.tsx", "typescript"),
        ("async def f(ctx):  # hm\n    await ctx.db.get(1)\n", "a.py", "python"),
        ("const a = ;", "a.ts", "typescript"),
        ("def f(:", "a.py", "python"),
        ("", "a.ts", "typescript"),
    ],
)
def test_what_is_remembered_is_what_was_parsed(
    tmp_path: Path, text: str, path: str, language: Language
) -> None:
    cache = ParseCache(tmp_path)
    first, second = (cache.parse(_source(text, path, language)) for _ in range(2))
    assert (cache.misses, cache.hits) == (1, 1)
    assert _same(first, second)
    assert _same(second, parse(_source(text, path, language)))


@pytest.mark.parametrize(
    "other",
    [_source(TASKS + "\n"), _source(TASKS, language="python"), _source(TASKS, "convex/tasks.tsx")],
    ids=["content", "language", "suffix"],
)
def test_another_text_is_parsed_anew(tmp_path: Path, other: SourceFile) -> None:
    cache = ParseCache(tmp_path)
    cache.parse(_source(TASKS))
    assert _same(cache.parse(other), parse(other))
    assert cache.misses == 2


def test_another_version_of_the_code_parses_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ParseCache(tmp_path).parse(_source(TASKS))
    monkeypatch.setattr(module, "front_end_stamp", lambda: b"another version")
    cache = ParseCache(tmp_path)
    cache.parse(_source(TASKS))
    assert cache.misses == 1


def test_a_file_has_one_place_so_that_the_cache_does_not_grow(tmp_path: Path) -> None:
    cache = ParseCache(tmp_path)
    for number in range(5):
        cache.parse(_source(f"const a = {number};"))
    assert len(_entries(tmp_path)) == 1


@given(st.data())
@settings(max_examples=40)
def test_a_damaged_entry_is_parsed_anew(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    ParseCache(folder).parse(_source(TASKS))
    (entry,) = _entries(folder)
    whole = entry.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    entry.write_bytes(
        data.draw(st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]]))
    )
    cache = ParseCache(folder)
    assert _same(cache.parse(_source(TASKS)), parse(_source(TASKS)))
    assert cache.misses == 1


class _Evil:
    """What somebody may plant in a repository."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("harm",)


@pytest.mark.parametrize("planted", [_Evil(), "text", (1, 2, 3), (syntax.Name(0, 1, "a"), [], [])])
def test_an_entry_makes_nothing_but_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: object
) -> None:
    monkeypatch.chdir(tmp_path)
    cache = ParseCache(tmp_path)
    cache.parse(_source(TASKS))
    (entry,) = _entries(tmp_path)
    body = pickle.dumps(planted)
    entry.write_bytes(entry.read_bytes()[:16] + digest(body) + body)
    assert _same(cache.parse(_source(TASKS)), parse(_source(TASKS)))
    assert cache.misses == 2
    assert not (tmp_path / "harm").exists()


# --- whole runs --------------------------------------------------------------------------------------------


def test_a_warm_run_finds_the_same(tmp_path: Path) -> None:
    _project(tmp_path)
    (cold, first), (warm, second) = _lint(tmp_path), _lint(tmp_path)
    assert warm.findings == cold.findings != ()
    assert (first.misses, first.hits, second.misses, second.hits) == (2, 0, 0, 2)


def test_a_change_in_one_file_is_seen_in_another(tmp_path: Path) -> None:
    _project(tmp_path)
    assert [finding.rule for finding in _lint(tmp_path)[0].findings if finding.path == "convex/tasks.ts"] == [
        "floating-promise"
    ]
    (tmp_path / "convex/lib.ts").write_text("export function write(ctx) { return 1; }\n", encoding="utf-8")
    result, cache = _lint(tmp_path)
    assert [finding for finding in result.findings if finding.rule == "floating-promise"] == []
    assert (cache.misses, cache.hits) == (1, 1)


def test_what_is_kept_in_memory_is_parsed_once_and_gives_the_same_findings(tmp_path: Path) -> None:
    _project(tmp_path)
    cache = ParseCache(tmp_path / "cache")
    memory = ParseMemory(cache)
    first, second = (lint([tmp_path], tmp_path, RULES, cache=memory) for _ in range(2))
    assert first.findings == second.findings != ()
    assert (cache.misses, cache.hits) == (2, 0)


def test_what_is_kept_in_memory_is_forgotten_when_it_changes() -> None:
    memory = ParseMemory()
    first = memory.parse(_source(TASKS))
    assert memory.parse(_source(TASKS)) is first
    assert _same(memory.parse(_source(LIB)), parse(_source(LIB)))


# --- the folder --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["biconvex.toml", "package.json", "pyproject.toml"])
def test_the_folder_lies_in_the_project(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).write_text("", encoding="utf-8")
    (tmp_path / "convex/lib").mkdir(parents=True)
    assert cache_folder(tmp_path / "convex/lib") == tmp_path / ".biconvex_cache"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".biconvex_cache").symlink_to("elsewhere")
    assert cache_folder(tmp_path) is None


def test_git_and_backups_are_told_to_leave_it_alone(tmp_path: Path) -> None:
    ParseCache(tmp_path / "cache").parse(_source(TASKS))
    assert (tmp_path / "cache/.gitignore").read_text(encoding="utf-8") == "*\n"
    tag = (tmp_path / "cache/CACHEDIR.TAG").read_text(encoding="utf-8")
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    cache = ParseCache(tmp_path / "cache")
    assert _same(cache.parse(_source(TASKS)), parse(_source(TASKS)))
    assert (cache.misses, cache.hits) == (1, 0)
