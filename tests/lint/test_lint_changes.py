"""Findings since a revision: which lines git calls changed, and how they move when a file is fixed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from biconvex.lint.changes import Changes, ChangesError, changes_since
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.result import LintResult
from biconvex.lint.source import SourceFile

IDENTITY = {"NAME": "A", "EMAIL": "a@example.com", "DATE": "2026-01-01T00:00:00Z"}


def _git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in IDENTITY.items()}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-q", "-b", "main")
    _commit(tmp_path, **{"a.ts": "1\n2\n3\n4\n5\n", "b.ts": "1\n2\n"})
    return tmp_path


def _commit(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "work")


def _changed(folder: Path, revision: str = "HEAD") -> dict[str, list[int] | None]:
    return {
        path.relative_to(folder).as_posix(): None
        if ranges is None
        else [line for one in ranges for line in one]
        for path, ranges in changes_since(revision, folder).lines.items()
    }


def test_without_changes_there_is_nothing(repository: Path) -> None:
    assert _changed(repository) == {}


def test_lines_that_were_added_or_changed_count(repository: Path) -> None:
    (repository / "a.ts").write_text("0\n1\n2\nthree\n4\n5\n6\n7\n")
    assert _changed(repository) == {"a.ts": [1, 4, 7, 8]}


def test_lines_that_were_deleted_leave_nothing(repository: Path) -> None:
    (repository / "a.ts").write_text("1\n5\n")
    assert _changed(repository) == {"a.ts": []}


def test_what_is_staged_and_what_is_committed_since_count(repository: Path) -> None:
    _commit(repository, **{"a.ts": "1\nX\n3\n4\n5\n"})
    (repository / "b.ts").write_text("1\nY\n")
    _git(repository, "add", "b.ts")
    assert _changed(repository, "HEAD~1") == {"a.ts": [2], "b.ts": [2]}
    assert _changed(repository) == {"b.ts": [2]}


def test_a_file_that_git_does_not_know_is_new_unless_it_is_ignored(repository: Path) -> None:
    _commit(repository, **{".gitignore": "skipped.ts\n"})
    for name in ("new.ts", "skipped.ts"):
        (repository / name).write_text("1\n")
    assert _changed(repository) == {"new.ts": None}


def test_names_with_special_characters_and_contents_like_a_diff_are_read(repository: Path) -> None:
    names = ('späte "Gäste".ts', "tab\there.ts", "with space.ts")
    _commit(repository, **dict.fromkeys(names, "1\n++ b/a.ts\n"))
    for name in names:
        (repository / name).write_text("1\n++ b/b.ts\n-- a/b.ts\n")
    assert _changed(repository) == {name: [2, 3] for name in names}


def test_what_others_did_to_the_revision_in_the_meantime_does_not_count(repository: Path) -> None:
    _git(repository, "checkout", "-q", "-b", "mine")
    _commit(repository, **{"a.ts": "1\n2\n3\n4\nmine\n"})
    _git(repository, "checkout", "-q", "main")
    _commit(repository, **{"b.ts": "theirs\n2\n"})
    _git(repository, "checkout", "-q", "mine")
    assert _changed(repository, "main") == {"a.ts": [5]}


def test_a_folder_within_the_repository_is_enough(repository: Path) -> None:
    (repository / "a.ts").write_text("X\n2\n3\n4\n5\n")
    (repository / "convex").mkdir()
    assert list(changes_since("HEAD", repository / "convex").lines) == [repository / "a.ts"]


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD~9", ""])
def test_an_unknown_revision_is_named(repository: Path, revision: str) -> None:
    with pytest.raises(ChangesError) as raised:
        changes_since(revision, repository)
    assert str(raised.value) == f"git knows no revision `{revision}` in {repository}"


def test_a_folder_outside_of_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ChangesError) as raised:
        changes_since("HEAD", tmp_path)
    assert str(raised.value).startswith("not a git repository")


def test_a_machine_without_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChangesError) as raised:
        changes_since("HEAD", tmp_path)
    assert str(raised.value) == "there is no `git` on the PATH, which knows what has changed"


# --- findings in them --------------------------------------------------------------------------------------


def _result(*places: tuple[str, int, int]) -> LintResult:
    findings = tuple(
        Finding(path, line, 1, end, 2, "bad", Severity.ERROR, "Bad.") for path, line, end in places
    )
    return LintResult(findings, {}, 1, 1, 0, {})


def test_a_finding_is_kept_if_one_of_its_lines_changed(tmp_path: Path) -> None:
    changes = Changes({tmp_path / "a.ts": [range(3, 5)], tmp_path / "new.ts": None})
    places = [
        ("a.ts", 1, 2),
        ("a.ts", 1, 3),
        ("a.ts", 4, 9),
        ("a.ts", 5, 5),
        ("new.ts", 7, 7),
        ("b.ts", 3, 3),
    ]
    kept = changes.applied(_result(*places), tmp_path).findings
    assert [(finding.path, finding.line, finding.end_line) for finding in kept] == [
        ("a.ts", 1, 3), ("a.ts", 4, 9), ("new.ts", 7, 7),
    ]  # fmt: skip


def test_changed_lines_move_with_the_text_and_what_is_fixed_is_changed(tmp_path: Path) -> None:
    def moved(before: str, after: str) -> list[int]:
        path = tmp_path / "a.ts"
        sources = (SourceFile("a.ts", "typescript", text.encode()) for text in (before, after))
        ranges = Changes({path: [range(3, 5)]}).moved(path, *sources).lines[path]
        assert ranges is not None
        return [line for one in ranges for line in one]

    assert moved("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n") == [3, 4]
    assert moved("1\n2\n3\n4\n5\n", "1\na\nb\n2\n3\n4\n5\n") == [2, 3, 5, 6]
    assert moved("1\n2\n3\n4\n5\n", "2\n3\nfour\n5\n") == [2, 3]
