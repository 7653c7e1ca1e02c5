"""The engine: from paths to findings.

Discover the backends, read their files, build the model of each, run every rule over it, and sort what they
say. What goes wrong on the way (a file that can't be read, a rule that raises) is a finding as well, and the
rest goes on.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import analysis
from biconvex.lint.clients import client_scripts, read_client
from biconvex.lint.failure import analysis_failed, rule_failed
from biconvex.lint.parse import parse
from biconvex.lint.project import discover, is_test, shown_path
from biconvex.lint.reading import Desk, read_folder, with_texts
from biconvex.lint.renewal import Known, known_of
from biconvex.lint.result import LintResult
from biconvex.lint.rule import finding_of
from biconvex.lint.settings import Settings
from biconvex.lint.stages import Stopwatch
from biconvex.lint.suppressions import Suppressions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from biconvex.lint.answers import Answers
    from biconvex.lint.cache import Parser
    from biconvex.lint.finding import Finding
    from biconvex.lint.markdown import Document
    from biconvex.lint.model import Backend
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.project import BackendFolder
    from biconvex.lint.rule import Rule
    from biconvex.lint.source import SourceFile

__all__ = ["NoBackendError", "check_backend", "lint"]


class NoBackendError(Exception):
    """There is no backend at or below any of the given paths."""


class _Run(msgspec.Struct):
    """What a run has come to so far. `asked` and `unasked` are the paths of files, as far as they were read."""

    rules: Sequence[Rule]
    desk: Desk
    settings: Settings
    answers: Answers | None = None
    before: Callable[[str], ParsedFile | None] = lambda _path: None
    findings: list[Finding] = msgspec.field(default_factory=list)
    sources: dict[str, SourceFile] = msgspec.field(default_factory=dict)
    asked: set[str] = msgspec.field(default_factory=set)
    unasked: set[str] = msgspec.field(default_factory=set)
    suppressions: Suppressions = msgspec.field(default_factory=Suppressions)
    files: int = 0
    functions: int = 0
    rule_seconds: dict[str, float] = msgspec.field(default_factory=dict)
    watch: Stopwatch = msgspec.field(default_factory=Stopwatch)

    def wants(self, finding: Finding) -> bool:
        """Tell whether a finding was asked for; those about folders are."""
        return finding.path in self.asked or finding.path not in self.unasked


def lint(
    paths: Sequence[Path],
    cwd: Path,
    rules: Sequence[Rule],
    *,
    texts: Mapping[Path, bytes] | None = None,
    documents: Sequence[Document] = (),
    cache: Parser | None = None,
    answers: Answers | None = None,
    settings: Settings | None = None,
) -> LintResult:
    """Lint every backend at, around or below the given paths; findings elsewhere were not asked for.

    Paths in the result are relative to `cwd`. `texts` stand in for the files at their paths, which are real
    and need not exist. The code blocks of `documents` are linted, too. `cache` parses in place of the front
    ends, `answers` remembers what was found, `settings` choose among the findings. Raises `NoBackendError`,
    unless all that there is, is excluded.
    """
    desk = Desk(cwd, texts or {}, cache.parse if cache is not None else parse)
    run = _Run(rules, desk, settings or Settings(), None if texts else answers)
    if cache is not None:
        run.before = cache.before
    with run.watch.measure("discover") as stage:
        folders = [with_texts(folder, run.desk.texts) for folder in discover(paths, cwd)]
        excluded = [
            folder for folder in folders if folder.files and all(map(run.settings.excludes, folder.files))
        ]
        folders = [folder for folder in folders if folder.files and folder not in excluded]
        stage.files += sum(len(folder.files) for folder in folders)
    clients = _read_clients(paths, folders, run)
    for folder in folders:
        _lint_folder(folder, clients, run)
    for document in documents:
        _lint_document(document, run)
    if not run.files and not excluded:
        raise NoBackendError
    ran = [rule.name for rule in run.rules]  # also where what they found was remembered
    findings = run.suppressions.applied(run.findings, ran, run.settings.known)
    wanted = run.settings.applied(filter(run.wants, findings), cwd)
    return LintResult(
        findings=tuple(sorted(dict.fromkeys(wanted), key=lambda finding: finding.sort_key)),
        sources=run.sources,
        backends=len(folders),
        files=run.files,
        functions=run.functions,
        rule_seconds=run.rule_seconds,
        stages=run.watch.stages,
        asked=frozenset(run.asked),
        suppressed=sum(map(run.wants, run.suppressions.taken)),
    )


def check_backend(
    backend: Backend, rules: Iterable[Rule], rule_seconds: dict[str, float]
) -> Iterator[Finding]:
    """Run rules over a backend: the core loop. A rule that raises is a finding; adds to `rule_seconds`."""
    for rule in rules:
        began = perf_counter()
        try:
            for problem in rule.check(backend):
                yield finding_of(rule, problem)
        except Exception as error:  # noqa: BLE001 - a rule may be foreign code; it becomes a finding, not a crash
            yield rule_failed(rule, backend, error)
        rule_seconds[rule.name] = rule_seconds.get(rule.name, 0.0) + perf_counter() - began


def _read_clients(paths: Sequence[Path], folders: Sequence[BackendFolder], run: _Run) -> list[ParsedFile]:
    """Read the client code that the paths ask for: the scripts that name functions, below a folder around a backend."""
    roots = {folder.root for folder in folders}
    around = {parent for root in roots for parent in root.parents}
    tops = {Path(os.path.realpath(run.desk.cwd / path)) for path in paths} & around
    tops -= {top for top in tops if any(parent in tops for parent in top.parents)}
    if not tops:
        return []
    read = {file for folder in folders for file in folder.files}
    parsed: list[ParsedFile] = []
    with run.watch.measure("clients") as stage:
        for path in (path for top in sorted(tops) for path in client_scripts(top, roots)):
            if path not in read and not is_test(path) and not run.settings.excludes(path):
                found = read_client(path, run.desk)
                if found is not None:
                    parsed.append(found)
        stage.files += len(parsed)
    for file in parsed:
        run.asked.add(file.source.path)
        run.sources[file.source.path] = file.source
    run.suppressions.read(parsed)
    return parsed


def _lint_folder(folder: BackendFolder, clients: Sequence[ParsedFile], run: _Run) -> None:
    with run.watch.measure("read and parse") as stage:
        reading = read_folder(folder, run.desk)
        stage.files += len(reading.sources)
    asked = _Scope(run, folder)
    asked.note(source.path for source in reading.sources)
    asked.note(finding.path for finding in reading.findings)
    run.sources.update((source.path, source) for source in reading.sources)
    run.files += sum(asked.covers(source.path) for source in reading.sources)
    run.suppressions.read(reading.parsed)
    run.findings += reading.findings
    run.findings += _answered(folder, reading.parsed, clients, asked, run)


def _answered(
    folder: BackendFolder,
    files: Sequence[ParsedFile],
    clients: Sequence[ParsedFile],
    asked: _Scope,
    run: _Run,
) -> Sequence[Finding]:
    """Find what there is to find in a backend, or remember what was found."""
    question = run.answers.about(folder, files, clients, run.rules, run.desk.cwd) if run.answers else None
    known = question.known(run.before) if question is not None else None
    if known is None:
        known = _analyse(folder.shown, lambda: analysis.build(folder, files, clients), run)
        if question is not None:
            question.keep(known)
    run.functions += sum(map(asked.covers, known.functions))
    return known.findings


def _lint_document(document: Document, run: _Run) -> None:
    """Lint the code blocks of a Markdown document, each backend that they make."""
    run.findings += document.findings
    run.asked.add(document.source.path)
    run.sources[document.source.path] = document.source
    run.files += 1
    asked = _Scope(run)
    for fragment in document.fragments:
        known = _analyse(document.source.path, fragment.build, run)
        run.functions += sum(map(asked.covers, known.functions))
        suppressions = Suppressions()
        suppressions.read(parsed for _, parsed in fragment.files)
        kept = suppressions.applied(
            (*fragment.findings, *known.findings), run.rule_seconds, run.settings.known
        )
        run.findings += (fragment.in_document(finding, document.source) for finding in kept)


def _analyse(shown: str, build: Callable[[], Backend], run: _Run) -> Known:
    """Build a backend, and run the rules over it."""
    try:
        with run.watch.measure("analyse") as stage:
            backend = build()
            stage.files += len(backend.modules)
    except Exception as error:  # noqa: BLE001 - our own failure on somebody's code: say so, lint the other backends
        return Known((analysis_failed(shown, error),), ())
    with run.watch.measure("rules", len(backend.modules)):
        return known_of(backend, list(check_backend(backend, run.rules, run.rule_seconds)))


class _Scope:
    """The part of a backend that the given paths ask for, all of it without any, less what is excluded."""

    def __init__(self, run: _Run, folder: BackendFolder | None = None) -> None:
        self.run = run
        self.paths = tuple(shown_path(path, run.desk.cwd) for path in folder.selected) if folder else ()

    def covers(self, path: str) -> bool:
        """Tell whether findings in a file were asked for."""
        if self.run.settings.exclude and self.run.settings.excludes(self.run.desk.cwd / path):
            return False
        return not self.paths or any(path == asked or path.startswith(f"{asked}/") for asked in self.paths)

    def note(self, paths: Iterable[str]) -> None:
        """Note of files whether they were asked for."""
        for path in paths:
            (self.run.asked if self.covers(path) else self.run.unasked).add(path)
