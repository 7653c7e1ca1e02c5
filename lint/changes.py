"""What has changed since a revision of git, so that only findings in it are reported."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.finding import Finding
    from biconvex.lint.result import LintResult
    from biconvex.lint.source import SourceFile

__all__ = ["Changes", "ChangesError", "changes_since"]

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class ChangesError(Exception):
    """git can't tell what has changed. The message says why."""


class Changes(msgspec.Struct, frozen=True):
    """The changed lines of files, by absolute path: ranges of 1-based line numbers; None for a new file."""

    lines: Mapping[Path, list[range] | None] = msgspec.field(default_factory=dict)

    def applied(self, result: LintResult, cwd: Path) -> LintResult:
        """Leave the findings in a result, whose paths are relative to `cwd`, that have a changed line."""
        found = tuple(finding for finding in result.findings if self._touches(finding, cwd))
        return replace(result, findings=found)

    def moved(self, path: Path, before: SourceFile, after: SourceFile) -> Changes:
        """Give the changes after a file (by absolute path) was changed again, all of which is a change."""
        ranges = self.lines.get(path)
        if ranges is None:
            return self
        old, new = before.data.split(b"\n"), after.data.split(b"\n")
        changed: list[range] = []
        for tag, start, _, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                shift = first - start
                within = range(first + 1, last + 1)
                moved = (range(one.start + shift, one.stop + shift) for one in ranges)
                changed += [one for part in moved if (one := _overlap(part, within))]
            elif last > first:
                changed.append(range(first + 1, last + 1))
        return Changes({**self.lines, path: changed})

    def _touches(self, finding: Finding, cwd: Path) -> bool:
        path = Path(os.path.normpath(cwd / finding.path))
        if path not in self.lines:
            return False
        ranges = self.lines[path]
        return ranges is None or any(
            finding.line < changed.stop and changed.start <= finding.end_line for changed in ranges
        )


def _overlap(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def changes_since(revision: str, folder: Path) -> Changes:
    """Ask git what has changed in the working tree since a revision, in the repository of a folder.

    That is since the work here parted from the revision (their merge base), so that what others have changed
    there in the meantime doesn't count. Files that git doesn't know, and doesn't ignore, are new. Raises
    `ChangesError`.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    commit = _commit(top, revision)
    base = _git(top, "merge-base", commit, "HEAD", may_fail=True).decode().strip() or commit
    diff = _git(
        top, "-c", "core.quotePath=true", "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv",
        "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules", base, "--",
    )  # fmt: skip
    lines: dict[Path, list[range] | None] = {top / path: changed for path, changed in _changed(diff).items()}
    new = _git(top, "ls-files", "--others", "--exclude-standard", "-z").decode("utf-8", "surrogateescape")
    lines.update((top / path, None) for path in new.split("\0") if path)
    return Changes({path.resolve(): changed for path, changed in lines.items()})


def _commit(top: Path, revision: str) -> str:
    found = _git(
        top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", may_fail=True
    )
    if not found:
        raise ChangesError(f"git knows no revision `{revision}` in {top}")
    return found.decode().strip()


def _git(folder: Path, *arguments: str, may_fail: bool = False) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the revision stands behind --end-of-options
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - git is where the user has it
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ChangesError("there is no `git` on the PATH, which knows what has changed") from error
    if done.returncode and not may_fail:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise ChangesError(said.removeprefix("fatal: ") or f"git {arguments[0]} failed")
    return b"" if done.returncode else done.stdout


def _changed(diff: bytes) -> dict[str, list[range]]:
    """The lines that a diff without context adds or changes, by path."""
    changed: dict[str, list[range]] = {}
    here: list[range] = []
    body = 0
    for line in diff.split(b"\n"):
        if body and line[:1] in {b"+", b"-"}:
            body -= 1
        elif line.startswith(b"+++ "):
            here = changed.setdefault(_path(line[4:]), [])
        elif found := _HUNK.match(line):
            removed, added = int(found[1] or 1), int(found[3] or 1)
            first = int(found[2])
            body = removed + added
            if added:
                here.append(range(first, first + added))
    changed.pop("/dev/null", None)
    return changed


def _path(name: bytes) -> str:
    """The path behind `+++`: git puts names with special characters in quotes, as C does."""
    name = name.removesuffix(b"\t")
    if name.startswith(b'"'):
        name = ast.literal_eval(f"b{name.decode('ascii')}")  # C's escapes are those of Python's bytes
    return name.removeprefix(b"b/").decode("utf-8", "surrogateescape")
