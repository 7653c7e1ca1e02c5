"""`biconvex lint --fix` and `--diff`: make the fixes, and write them or show them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec.structs import replace

from biconvex.cli.errors import UsageProblem
from biconvex.lint.failure import fix_failed
from biconvex.lint.fixes.rounds import MOST_ROUNDS, Fixing, fix_in_rounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from biconvex.cli.linter import Linter
    from biconvex.lint.result import LintResult

__all__ = ["fix", "fix_options", "show_fixes"]

Command = TypeVar("Command", bound="Callable[..., Any]")


def fix_options(command: Command) -> Command:
    """Add the options `fixing`, `unsafe_fixes` and `diff`."""
    options = (
        click.option("--fix", "fixing", is_flag=True, help="Make the safe fixes."),
        click.option(
            "--unsafe-fixes",
            is_flag=True,
            help="Make all fixes, also those that may change what the code does.",
        ),
        click.option("--diff", is_flag=True, help="Show the fixes as a unified diff, and write nothing."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def fix(linter: Linter, *, unsafe: bool) -> LintResult:
    """Fix the files, and give what is found then; a fix that can't be made is a finding. Raises `UsageProblem`."""
    if linter.asked.texts:
        raise UsageProblem("a text on stdin can't be fixed in its place: --diff shows the fixes")
    fixing = fix_in_rounds(linter.look, unsafe=unsafe)
    if fixing.after:
        _write(fixing, linter.cwd)
    return _result(fixing)


def show_fixes(linter: Linter, *, unsafe: bool) -> str:
    """Give the fixes as a unified diff, and say on stderr what they come to. Writes nothing."""
    from biconvex.lint.report.diff import render_diff

    fixing = fix_in_rounds(linter.look, unsafe=unsafe)
    _result(fixing)
    files = len(fixing.after)
    fixed = f"{len(fixing.made):,} finding{'' if len(fixing.made) == 1 else 's'}"
    where = f" in {files:,} file{'' if files == 1 else 's'}" if files else ""
    click.echo(f"Would fix {fixed}{where}; nothing was written.", err=True)
    return render_diff(fixing.before, fixing.after)


def _result(fixing: Fixing[LintResult]) -> LintResult:
    """What is found after fixing, with the fixes that could not be made."""
    if not fixing.settled:
        click.echo(
            f"After {MOST_ROUNDS} rounds there is still something to fix: fixes undo each other. Please report this.",
            err=True,
        )
    failed = {fix_failed(finding) for finding in fixing.broken}
    findings = sorted({*fixing.last.findings, *failed}, key=lambda finding: finding.sort_key)
    return replace(fixing.last, findings=tuple(findings), fixed=len(fixing.made))


def _write(fixing: Fixing[LintResult], cwd: Path) -> None:
    from biconvex.lint.fixes.writing import write_files

    texts = {Path(os.path.normpath(cwd / path)): source.data for path, source in fixing.after.items()}
    try:
        for path, source in fixing.before.items():
            if (cwd / path).read_bytes() != source.data:
                raise UsageProblem(
                    f"{path}: changed while it was being fixed; nothing was written: run it again"
                )
        write_files(texts)
    except OSError as error:
        raise UsageProblem(
            f"{error.filename}: can't be written, so nothing was fixed: {error.strerror or error}"
        ) from error
