"""Writing files: each whole or not at all, with its permissions, and none if one of them can't be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.fixes.writing import write_files


def test_files_are_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("a")
    write_files({tmp_path / "a.ts": b"A", tmp_path / "b.ts": b"B"})
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.ts": "A", "b.ts": "B"}


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_text("a")
    file.chmod(0o640)
    write_files({file: b"A"})
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.ts").write_text("a")
    (tmp_path / "link.ts").symlink_to("real.ts")
    write_files({tmp_path / "link.ts": b"A"})
    assert (tmp_path / "link.ts").is_symlink()
    assert (tmp_path / "real.ts").read_text() == "A"


def test_if_one_can_not_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("a")
    with pytest.raises(FileNotFoundError):
        write_files({tmp_path / "a.ts": b"A", tmp_path / "missing" / "b.ts": b"B"})
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.ts": "a"}


def test_a_file_that_must_not_be_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.ts").write_text("a")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(PermissionError):
        write_files({tmp_path / "a.ts": b"A"})
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.ts": "a"}
