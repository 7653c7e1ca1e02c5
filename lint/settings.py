"""What a configuration says about findings: which are not wanted, where, and how bad they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from biconvex.lint.finding import Finding, Severity

__all__ = ["Override", "PathPatterns", "Settings"]


class PathPatterns:
    """Patterns of paths as in a `.gitignore`, relative to a folder: `examples/`, `*.test.ts`, `convex/old/**`.

    Raises `ValueError` for what is no pattern.
    """

    def __init__(self, folder: Path, patterns: Sequence[str]) -> None:
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most runs have no patterns

        self._folder = folder
        self._spec = GitIgnoreSpec.from_lines(patterns)

    def match(self, path: Path) -> bool:
        """Tell whether one of the patterns matches an absolute path, or a folder that it lies in."""
        inside = os.path.relpath(path, self._folder).replace(os.sep, "/")
        return not inside.startswith("../") and self._spec.match_file(inside)


class Override(msgspec.Struct, frozen=True):
    """Rules that are not wanted in some files."""

    paths: PathPatterns
    ignored: frozenset[str]


class Settings(msgspec.Struct, frozen=True):
    """What to do with findings. Without any, all are wanted as they are.

    `ignored` are rule names, those of the engine's own findings too; `severities` are instead of those that
    the rules give. `known` are the names of all rules there are, so that suppressions of others can be told;
    None if that isn't known.
    """

    severities: Mapping[str, Severity] = msgspec.field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    exclude: PathPatterns | None = None
    overrides: tuple[Override, ...] = ()
    known: frozenset[str] | None = None

    def excludes(self, path: Path) -> bool:
        """Tell whether nothing is to be said about a file (an absolute path)."""
        return self.exclude is not None and self.exclude.match(path)

    def applied(self, findings: Iterable[Finding], cwd: Path) -> Iterator[Finding]:
        """Yield the findings that are wanted, as bad as they are to be. Their paths are relative to `cwd`."""
        ignored_in: dict[str, frozenset[str]] = {}
        for finding in findings:
            if finding.path not in ignored_in:
                ignored_in[finding.path] = self._ignored_in(Path(os.path.normpath(cwd / finding.path)))
            if finding.rule not in ignored_in[finding.path]:
                severity = self.severities.get(finding.rule, finding.severity)
                yield finding if severity is finding.severity else replace(finding, severity=severity)

    def _ignored_in(self, path: Path) -> frozenset[str]:
        there = (override.ignored for override in self.overrides if override.paths.match(path))
        return self.ignored.union(*there)
