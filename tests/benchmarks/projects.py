"""The backends that the linters are measured on: generated ones, and real ones where they can be had.

Real applications are not ours to pass on: they are cloned at a pinned commit, or given as a folder (`make bench
APP=path`, with a folder `convex` in it).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from generate import generate

__all__ = ["Project", "projects", "sources"]

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SIZES = (12_000, 22_000, 129_000)
REAL = {
    "0bs-chat/zerobs": "e37b3c2a1b4e4a738745daa275d24ff070db4dba",
    "10thony/Campaignion": "50395c592368551550d460edbfa31643fb2f035e",
    "openclaw/clawhub": "64db9c3fae6632758f35f3d3e8089469c0ae808b",
}
"""Repositories of about 11,000, 17,000 and 127,000 lines of functions, each at one commit."""

_SECONDS = 120
_TESTS = (".test.ts", ".test.tsx", ".spec.ts", ".d.ts")


class Project(NamedTuple):
    """A backend to lint, in the folder `convex` of `folder`, and how many files and lines that has."""

    name: str
    folder: Path
    files: int
    lines: int


def projects(app: Path | None) -> Iterator[Project | str]:
    """Give each project, or a sentence that says why it isn't there. With `app`, that project stands for the real ones."""
    for size in SIZES:
        folder = RESULTS / f"backend-{size}"
        project = Project("generated", folder, *generate(folder, size))
        _own(folder)
        yield project
    if app is not None:
        copy = RESULTS / "app"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(app / "convex", copy / "convex", ignore=shutil.ignore_patterns("node_modules"))
        for name in ("package.json", "tsconfig.json", "convex.json"):
            if (app / name).is_file():
                shutil.copy(app / name, copy / name)
        _own(copy)
        yield _counted(app.resolve().name, copy)
        return
    for name, commit in REAL.items():
        folder = RESULTS / name.replace("/", "+")
        missing = _clone(f"https://github.com/{name}.git", commit, folder)
        yield missing or _counted(name, folder)


def sources(folder: Path) -> list[Path]:
    """Give the files that the linters are to read: no tests, no generated code, no packages."""
    return [
        path
        for path in (folder / "convex").rglob("*.ts")
        if not path.name.endswith(_TESTS) and not {"_generated", "node_modules"} & set(path.parts)
    ]


def _counted(name: str, folder: Path) -> Project:
    """Count what the linters are to read."""
    paths = sources(folder)
    return Project(name, folder, len(paths), sum(path.read_bytes().count(b"\n") for path in paths))


def _own(folder: Path) -> None:
    """Make a folder a repository of its own: oxlint skips what a repository around it ignores."""
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def _clone(url: str, commit: str, folder: Path) -> str | None:
    """Fetch one commit, unless it is there; a sentence if that can't be done."""
    if (folder / "convex").is_dir():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in (
        ["git", "init", "--quiet"],
        ["git", "fetch", "--quiet", "--depth", "1", url, commit],
        ["git", "checkout", "--quiet", "FETCH_HEAD"],
    ):
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"not measured: {url}: no answer within {_SECONDS} s"
        if done.returncode:
            return f"not measured: {url}: {done.stderr.strip().splitlines()[-1]}"
    return None
