"""What a fuzzer reports: findings, which functions were reached, how close they came to limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent
from typing import Final

import msgspec
from biconvex.sim.explore.hunting import FuzzSeedResult
from biconvex.sim.explore.session import FuzzFinding

__all__ = ["FUZZ_REPORT_VERSION", "FuzzReport", "LineCoverage"]

FUZZ_REPORT_VERSION: Final = 1


class LineCoverage(msgspec.Struct, frozen=True):
    """Lines of one source file with code on them: all, and those that never ran."""

    file: str
    lines: int
    missed: tuple[int, ...]


class FuzzReport(msgspec.Struct, frozen=True):
    """All of a fuzzer's work. It is JSON: `msgspec.json.encode(report)`.

    `functions` are those that were to be called, `calls` by function how many returned and how many were refused (a
    `ConvexError`, arguments), `unvalidated` the functions that take anything, of whose errors nothing can be said.
    `lines` is what of the source ran, None where that was not measured.
    """

    project: str
    seeds: tuple[int, ...]
    runs: int
    steps: int
    functions: tuple[str, ...]
    calls: dict[str, tuple[int, int]]
    findings: tuple[FuzzFinding, ...]
    unvalidated: tuple[str, ...] = ()
    complete: bool = True
    lines: tuple[LineCoverage, ...] | None = None
    version: int = FUZZ_REPORT_VERSION

    @classmethod
    def of(
        cls,
        project: str,
        results: Iterable[FuzzSeedResult],
        functions: Sequence[str],
        unvalidated: Sequence[str] = (),
        lines: tuple[LineCoverage, ...] | None = None,
    ) -> FuzzReport:
        """Put the results of seeds together, in any order. Of findings that are the same the shortest stays."""
        ordered = sorted(results, key=lambda result: result.seed)
        findings: dict[str, FuzzFinding] = {}
        calls: dict[str, tuple[int, int]] = {}
        for result in ordered:
            for finding in result.findings:
                known = findings.get(finding.key)
                if known is None or len(finding.program) < len(known.program):
                    findings[finding.key] = finding
            for path, (returned, refused) in result.calls.items():
                before = calls.get(path, (0, 0))
                calls[path] = before[0] + returned, before[1] + refused
        return cls(
            project,
            tuple(result.seed for result in ordered),
            sum(result.runs for result in ordered),
            sum(result.steps for result in ordered),
            tuple(functions),
            dict(sorted(calls.items())),
            tuple(findings[key] for key in sorted(findings)),
            tuple(unvalidated),
            all(result.complete for result in ordered),
            lines,
        )

    @property
    def unreached(self) -> list[str]:
        """Functions that were never called, or never returned."""
        return [path for path in self.functions if not self.calls.get(path, (0, 0))[0]]

    def __str__(self) -> str:
        return "\n".join(self._text())

    def _text(self) -> Iterator[str]:
        for finding in self.findings:
            yield f"{finding.function}  {finding.kind}"
            yield indent("\n".join(part for part in (finding.message, finding.detail) if part), "  ")
            yield f"  Found with seed {finding.seed}. This shows it:"
            yield ""
            yield indent("\n".join(finding.program), "    ")
            yield ""
        calls = sum(map(sum, self.calls.values()))
        reached = len(self.functions) - len(self.unreached)
        counted = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
        yield f"{counted}: {_count(len(self.seeds), 'seed')}, {_count(self.runs, 'run')}, {_count(calls, 'call')}."
        yield f"Functions that returned at least once: {reached} of {len(self.functions)}."
        if self.unreached:
            yield f"  never: {', '.join(self.unreached)}"
        if self.unvalidated:
            yield f"  without argument validators, so called with none and not judged: {', '.join(self.unvalidated)}"
        if self.lines is not None:
            yield from _coverage(self.lines)
        if not self.complete:
            yield "The time was up before all seeds were done."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _coverage(files: Sequence[LineCoverage]) -> Iterator[str]:
    total, missed = sum(file.lines for file in files), sum(len(file.missed) for file in files)
    if not total:
        return
    yield f"Lines that ran: {total - missed:,} of {total:,} ({(total - missed) / total:.0%})."
    for file in files:
        if file.missed:
            yield f"  {file.file}: not {_ranges(file.missed)}"


def _ranges(lines: Sequence[int]) -> str:
    """Numbers as ranges: `3, 5-9`."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
