"""`biconvex lint --watch`: one run after the other, as files change, until somebody has seen enough."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from biconvex.cli.errors import UsageProblem
from biconvex.lint.memory import ParseMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from biconvex.cli.asked import Asked
    from biconvex.lint.cache import Parser
    from biconvex.lint.result import LintResult

__all__ = ["keep_watching"]


def keep_watching(
    run: Callable[[Parser | None], LintResult], parser: Parser | None, asked: Asked, cwd: Path
) -> NoReturn:
    """Lint, then again after each change of a file in the folders that the run has read from.

    Ends with `KeyboardInterrupt`, or with `UsageProblem` where a text on stdin is asked about, or where the package
    that watches is not installed.
    """
    if asked.texts:
        raise UsageProblem("--watch goes with files: a text on stdin doesn't change")
    try:
        from biconvex.lint.watch import changes, folders_of
    except ModuleNotFoundError as error:
        if error.name != "watchfiles":
            raise
        hint = "`biconvex lint --watch` needs the package watchfiles: pip install 'biconvex[watch]'"
        raise UsageProblem(hint) from error
    memory = ParseMemory(parser)
    gc.enable()  # this goes on: what one run made must not stay for ever
    watched: tuple[Path, ...] = ()
    waiting: Iterator[frozenset[Path]] = iter(())
    while True:
        result = run(memory)
        folders = folders_of((cwd / path).resolve() for path in result.sources)
        if folders != watched:  # otherwise the watch has gone on, and knows what changed during the run
            watched, waiting = folders, changes(folders)
            next(waiting)
        click.echo("Watching for changes; Ctrl-C ends it.", err=True)
        next(waiting)
        if sys.stdout.isatty():
            click.clear()
