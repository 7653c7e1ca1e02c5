"""A baseline: findings that are known and left for later, so that only new ones are reported.

The file is JSON, sorted, one entry for all findings of a rule in a file with the same message on the same text:
a finding is recognised by these, not by its line, so code may be added above it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.lint.fixes.writing import write_files
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from biconvex.lint.finding import Finding
    from biconvex.lint.result import LintResult
    from biconvex.lint.source import SourceFile

__all__ = ["BASELINE_FILE", "VERSION", "Baseline", "BaselineError", "read_baseline", "write_baseline"]

BASELINE_FILE = "biconvex-baseline.json"
VERSION = 1
_NEVER = frozenset({"internal-error"})
"""What a baseline never takes in: our own failures are to be reported, not kept."""


class BaselineError(Exception):
    """A baseline that can't be used. The message names the file and says what to do."""


class _Known(msgspec.Struct, frozen=True, order=True):
    """What a known finding is recognised by; `path` is relative to the folder of the baseline."""

    path: str
    rule: str
    fingerprint: str


class Baseline(msgspec.Struct, frozen=True):
    """The known findings and how many there are of each, as read from `file` (an absolute path)."""

    file: Path
    known: Mapping[_Known, int]

    def applied(self, result: LintResult, cwd: Path, ran: Iterable[str]) -> LintResult:
        """Take the known findings out of a result whose paths are relative to `cwd`.

        What is left of the baseline for rules that ran and files that were linted, or are gone, is stale.
        """
        left = Counter(self.known)
        new = []
        for finding in result.findings:
            key = _key(finding, result.sources, cwd, self.file.parent)
            if left[key] > 0:
                left[key] -= 1
            else:
                new.append(finding)
        folder, judged = self.file.parent, set(ran)
        linted = {_path_from(cwd / path, folder) for path in result.asked}
        stale = sum(
            count
            for key, count in left.items()
            if key.rule in judged and (key.path in linted or not (folder / key.path).exists())
        )
        known = len(result.findings) - len(new)
        return replace(result, findings=tuple(new), known=known, stale=stale)


def read_baseline(file: Path) -> Baseline:
    """Read a baseline. Raises `BaselineError`."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BaselineError(
            f"{file}: there is no such baseline: make it with `biconvex lint --write-baseline`"
        ) from error
    except OSError as error:
        raise BaselineError(f"{file}: can't be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: isn't JSON: {error}") from error
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        said = (
            "isn't a baseline"
            if version is None
            else f"has version {version}, and this Biconvex reads {VERSION}"
        )
        raise BaselineError(f"{file}: {said}: make it anew with `biconvex lint --write-baseline`")
    try:
        known = {
            _Known(str(entry["path"]), str(entry["rule"]), str(entry["fingerprint"])): int(entry["count"])
            for entry in data["findings"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise BaselineError(
            f"{file}: isn't a baseline: make it anew with `biconvex lint --write-baseline`"
        ) from error
    return Baseline(file, known)


def write_baseline(
    file: Path, result: LintResult, cwd: Path, ran: Iterable[str], old: Baseline | None = None
) -> int:
    """Write all findings of a result as known, and give how many there are.

    Of an old baseline, what this run could not have found stays: other rules, other files. Raises `OSError`.
    """
    folder, judged = file.parent, set(ran)
    counts = Counter(
        _key(finding, result.sources, cwd, folder)
        for finding in result.findings
        if finding.rule not in _NEVER
    )
    written = counts.total()
    linted = {_path_from(cwd / path, folder) for path in result.asked}
    for key, count in (old.known if old else {}).items():
        if (key.rule not in judged or key.path not in linted) and (folder / key.path).exists():
            counts[key] = count
    entries: list[dict[str, Any]] = [
        {"path": key.path, "rule": key.rule, "fingerprint": key.fingerprint, "count": counts[key]}
        for key in sorted(counts)
    ]
    text = json.dumps({"version": VERSION, "findings": entries}, indent=2) + "\n"
    write_files({file: text.encode()})
    return written


def _key(finding: Finding, sources: Mapping[str, SourceFile], cwd: Path, folder: Path) -> _Known:
    source = sources.get(finding.path)
    line = " ".join(source.line(finding.line).split()) if source else ""
    text = json.dumps([finding.message, line], ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return _Known(_path_from(cwd / finding.path, folder), finding.rule, digest)


def _path_from(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
