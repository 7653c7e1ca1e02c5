"""The engine: from paths to findings.

Discover the backends, read their files, build the model of each, run every rule over it, and sort what they
say. What goes wrong on the way (a file that can't be read, a rule that raises) is a finding as well, and the
rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from biconvex.lint import analysis
from biconvex.lint.failure import analysis_failed, rule_failed
from biconvex.lint.finding import Evidence, Finding
from biconvex.lint.project import discover, shown_path
from biconvex.lint.reading import Desk, read_folder, with_texts
from biconvex.lint.result import LintResult
from biconvex.lint.stages import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from biconvex.lint.markdown import Document
    from biconvex.lint.model import Backend, Place
    from biconvex.lint.project import BackendFolder
    from biconvex.lint.rule import Problem, Rule
    from biconvex.lint.source import SourceFile

__all__ = ["NoBackendError", "check_backend", "lint"]


class NoBackendError(Exception):
    """There is no backend at or below any of the given paths."""


@dataclass(slots=True)
class _Run:
    """What a run has come to so far."""

    rules: Sequence[Rule]
    desk: Desk
    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    files: int = 0
    functions: int = 0
    rule_seconds: dict[str, float] = field(default_factory=dict)
    watch: Stopwatch = field(default_factory=Stopwatch)


def lint(
    paths: Sequence[Path],
    cwd: Path,
    rules: Sequence[Rule],
    *,
    texts: Mapping[Path, bytes] | None = None,
    documents: Sequence[Document] = (),
) -> LintResult:
    """Lint every backend at, around or below the given paths; findings elsewhere were not asked for.

    Paths in the result are relative to `cwd`. `texts` stand in for the files at their paths, which are real
    and need not exist. The code blocks of `documents` are linted, too. Raises `NoBackendError`.
    """
    run = _Run(rules, Desk(cwd, texts or {}))
    with run.watch.measure("discover") as stage:
        folders = [with_texts(folder, run.desk.texts) for folder in discover(paths, cwd)]
        folders = [folder for folder in folders if folder.files]
        stage.files += sum(len(folder.files) for folder in folders)
    for folder in folders:
        _lint_folder(folder, run)
    for document in documents:
        _lint_document(document, run)
    if not run.files:
        raise NoBackendError
    return LintResult(
        findings=tuple(sorted(dict.fromkeys(run.findings), key=lambda finding: finding.sort_key)),
        sources=run.sources,
        backends=len(folders),
        files=run.files,
        functions=run.functions,
        rule_seconds=run.rule_seconds,
        stages=run.watch.stages,
    )


def check_backend(
    backend: Backend, rules: Iterable[Rule], rule_seconds: dict[str, float]
) -> Iterator[Finding]:
    """Run rules over a backend: the core loop. A rule that raises is a finding; adds to `rule_seconds`."""
    for rule in rules:
        began = perf_counter()
        try:
            for problem in rule.check(backend):
                yield _finding(rule, problem)
        except Exception as error:  # noqa: BLE001 - a rule may be foreign code; it becomes a finding, not a crash
            yield rule_failed(rule, backend, error)
        rule_seconds[rule.name] = rule_seconds.get(rule.name, 0.0) + perf_counter() - began


def _lint_folder(folder: BackendFolder, run: _Run) -> None:
    with run.watch.measure("read and parse") as stage:
        reading = read_folder(folder, run.desk)
        stage.files += len(reading.sources)
    asked = _Scope(tuple(shown_path(path, run.desk.cwd) for path in folder.selected))
    run.sources.update((source.path, source) for source in reading.sources)
    run.files += sum(asked.covers(source.path) for source in reading.sources)
    found = _analyse(folder.shown, lambda: analysis.build(folder, reading.parsed), asked, run)
    run.findings += [finding for finding in (*reading.findings, *found) if asked.covers(finding.path)]


def _lint_document(document: Document, run: _Run) -> None:
    """Lint the code blocks of a Markdown document, each backend that they make."""
    run.findings += document.findings
    run.sources[document.source.path] = document.source
    run.files += 1
    asked = _Scope()
    for fragment in document.fragments:
        found = _analyse(document.source.path, fragment.build, asked, run)
        run.findings += [fragment.in_document(finding) for finding in (*fragment.findings, *found)]


def _analyse(shown: str, build: Callable[[], Backend], asked: _Scope, run: _Run) -> list[Finding]:
    """Build a backend, and run the rules over it."""
    try:
        with run.watch.measure("analyse") as stage:
            backend = build()
            stage.files += len(backend.modules)
    except Exception as error:  # noqa: BLE001 - our own failure on somebody's code: say so, lint the other backends
        return [analysis_failed(shown, error)]
    run.functions += sum(asked.covers(function.place.source.path) for function in backend.functions)
    with run.watch.measure("rules", len(backend.modules)):
        return list(check_backend(backend, run.rules, run.rule_seconds))


class _Scope:
    """The part of a backend that the given paths ask for; all of it without any."""

    def __init__(self, paths: tuple[str, ...] = ()) -> None:
        self.paths = paths

    def covers(self, path: str) -> bool:
        """Tell whether findings in a file, or about a folder, were asked for."""
        return not self.paths or any(path == asked or path.startswith(f"{asked}/") for asked in self.paths)


def _finding(rule: Rule, problem: Problem) -> Finding:
    source = problem.place.source
    begin, end = source.position(problem.place.start), source.position(problem.place.end)
    return Finding(
        path=source.path,
        line=begin.line,
        column=begin.column,
        end_line=end.line,
        end_column=end.column,
        rule=rule.name,
        severity=problem.severity or rule.severity,
        message=problem.message,
        help=problem.help,
        evidence=tuple(_evidence(place, message) for place, message in problem.evidence),
    )


def _evidence(place: Place, message: str) -> Evidence:
    position = place.source.position(place.start)
    return Evidence(place.source.path, position.line, position.column, message)
