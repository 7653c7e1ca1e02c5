"""`biconvex lint --baseline`, `--write-baseline` and `--changed-since`: which findings are old."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from biconvex.cli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from biconvex.cli.asked import Asked
    from biconvex.cli.linter import Linter
    from biconvex.lint.baseline import Baseline
    from biconvex.lint.changes import Changes

__all__ = ["baseline_of", "changes_of", "known_options", "write_known"]

Command = TypeVar("Command", bound="Callable[..., Any]")

_DEFAULT = "-"
"""What click gives for `--write-baseline` without a file."""


def known_options(command: Command) -> Command:
    """Add the options `baseline`, `write_baseline` and `changed_since`."""
    file = click.Path(dir_okay=False, path_type=Path)
    options = (
        click.option("--baseline", type=file, metavar="FILE", help="Don't report the findings in this file."),
        click.option(
            "--write-baseline",
            is_flag=False,
            flag_value=_DEFAULT,
            metavar="[FILE]",
            help="Write all findings to a baseline.",
        ),
        click.option(
            "--changed-since", metavar="REV", help="Report findings on lines changed since a git revision."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def baseline_of(file: Path | None) -> Baseline | None:
    """Read the baseline that holds, if there is one. Raises `UsageProblem`."""
    if file is None:
        return None
    from biconvex.lint.baseline import BaselineError, read_baseline

    try:
        return read_baseline(file.resolve())
    except BaselineError as error:
        raise UsageProblem(str(error)) from error


def changes_of(revision: str | None, asked: Asked) -> Changes | None:
    """Ask git what has changed, if a revision is given. Raises `UsageProblem`."""
    if revision is None:
        return None
    from biconvex.lint.changes import ChangesError, changes_since

    folder = asked.first.resolve()
    try:
        return changes_since(revision, folder if folder.is_dir() else folder.parent)
    except ChangesError as error:
        raise UsageProblem(f"--changed-since {revision}: {error}") from error


def write_known(linter: Linter, told: Mapping[str, Any]) -> str:
    """Write what is found as known: into the given file, that of the configuration, or the one by default.

    `told` are all options as click gives them. Gives the sentence that says what was written. Raises
    `UsageProblem`.
    """
    if any(told[name] for name in ("baseline", "changed_since", "fixing", "unsafe_fixes", "diff")):
        raise UsageProblem(
            "--write-baseline takes all findings as they are: leave out --baseline, --changed-since and fixes"
        )
    from biconvex.lint.baseline import BASELINE_FILE, BaselineError, read_baseline, write_baseline

    given: str = told["write_baseline"]
    file = Path(given) if given != _DEFAULT else linter.configuration.baseline
    if file is None:
        config = linter.configuration.file
        file = (config.parent if config else linter.cwd) / BASELINE_FILE
    file = file.resolve()
    if file.is_dir():
        raise UsageProblem(
            f"{given} is a folder: write --write-baseline=FILE, or the option behind the paths"
        )
    try:
        old = read_baseline(file) if file.exists() else None
        count = write_baseline(file, linter.look(), linter.cwd, linter.ran, old)
    except BaselineError as error:
        raise UsageProblem(f"{error}, after deleting it") from error
    except OSError as error:
        raise UsageProblem(f"{file}: can't be written: {error.strerror or error}") from error
    shown = file.relative_to(linter.cwd) if file.is_relative_to(linter.cwd) else file
    said = f"Wrote {count:,} finding{'' if count == 1 else 's'} to {shown.as_posix()}.\n"
    if file != linter.configuration.baseline:
        said += (
            f'To leave them out, put `baseline = "{file.name}"` into the configuration, or pass --baseline.\n'
        )
    return said
