"""Entry points without `importlib.metadata`: the same that it finds."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from biconvex.lint.entrypoints import EntryPoint, entry_points


def _install(folder: Path, dist: str, text: str) -> None:
    (folder / dist).mkdir(parents=True)
    (folder / dist / "METADATA").write_text(f"Name: {dist.partition('-')[0]}\nVersion: 1\n", encoding="utf-8")
    (folder / dist / "entry_points.txt").write_text(text, encoding="utf-8")


def _by_metadata(group: str) -> list[tuple[str, str]]:
    return sorted((entry.name, entry.value) for entry in metadata.entry_points(group=group))


@pytest.mark.parametrize("group", ["biconvex.rules", "pytest11", "console_scripts", "nobody.has.this"])
def test_they_are_those_of_the_standard_library(group: str) -> None:
    assert sorted((entry.name, entry.value) for entry in entry_points(group)) == _by_metadata(group)


def test_a_distribution_counts_once_and_the_first_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path / "a", "Toys-1.dist-info", "[toys]\nBall = toys.ball:Ball.make\n")
    _install(tmp_path / "b", "toys-2.dist-info", "[toys]\nball = other\n")
    _install(tmp_path / "b", "Toys.egg-info", "[toys]\nball = third\n")
    _install(tmp_path / "b", "more_toys-1.0.egg-info", "[other]\nx = y\n[toys]\ndoll = dolls\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "b"), "", str(tmp_path / "gone")])
    assert entry_points("toys") == [EntryPoint("Ball", "toys.ball:Ball.make"), EntryPoint("doll", "dolls")]


def test_distributions_in_archives_are_left_to_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "toys.zip", "w") as archive:
        archive.writestr("toys-1.dist-info/METADATA", "Name: toys\nVersion: 1\n")
        archive.writestr("toys-1.dist-info/entry_points.txt", "[toys]\nball = toys\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "toys.zip")])
    assert entry_points("toys") == [EntryPoint("ball", "toys")]


def test_an_entry_point_is_a_module_or_something_in_it() -> None:
    assert EntryPoint("path", "os.path").load() is __import__("os").path
    assert EntryPoint("join", "os:path.join").load() is __import__("os").path.join


def test_the_version_is_told_when_asked() -> None:
    import biconvex

    assert biconvex.__version__ == metadata.version("biconvex")
    with pytest.raises(AttributeError, match="^module 'biconvex' has no attribute 'nothing'$"):
        _ = biconvex.nothing
