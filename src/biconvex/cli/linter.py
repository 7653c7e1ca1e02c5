"""What a call of `biconvex lint` looks for, and how: the configuration, with what the command line changes in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from biconvex.cli.asked import no_backend
from biconvex.cli.errors import UsageProblem
from biconvex.lint.config import ConfigError, Configuration, Wishes, configure
from biconvex.lint.engine import NoBackendError
from biconvex.lint.engine import lint as run_linter
from biconvex.lint.plugins import ENGINE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from biconvex.cli.asked import Asked
    from biconvex.lint.answers import Answers
    from biconvex.lint.baseline import Baseline
    from biconvex.lint.cache import Parser
    from biconvex.lint.changes import Changes
    from biconvex.lint.result import LintResult
    from biconvex.lint.rule import Rule
    from biconvex.lint.source import SourceFile

__all__ = ["Linter", "config_options", "configuration"]

Command = TypeVar("Command", bound="Callable[..., Any]")
PRESETS = ("starter", "recommended", "strict")


def config_options(command: Command) -> Command:
    """Add the options that `configuration` takes."""
    options = (
        click.option(
            "--select", multiple=True, metavar="RULE,…", help="Run these rules or themes, no others."
        ),
        click.option("--ignore", multiple=True, metavar="RULE,…", help="Don't run these rules or themes."),
        click.option("--preset", type=click.Choice(PRESETS), help="Run the rules of this preset."),
        click.option(
            "--config", type=click.Path(dir_okay=False, path_type=Path), help="Take this configuration file."
        ),
        click.option("--no-config", is_flag=True, help="Don't look for a configuration file."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def configuration(asked: Asked, cwd: Path, rules: Sequence[Rule], told: Mapping[str, Any]) -> Configuration:
    """Configure a run: the file that holds for the first path, and the options of `config_options` as click gives them.

    Raises `UsageProblem`.
    """
    if told["config"] is not None and told["no_config"]:
        raise UsageProblem("--config and --no-config contradict each other")
    if told["select"] and told["preset"]:
        raise UsageProblem("--select runs just the rules that it names: leave --preset out")
    wishes = Wishes(
        select=_names(told["select"]),
        ignore=_names(told["ignore"]),
        preset=told["preset"],
        file=told["config"],
        search=not told["no_config"],
    )
    try:
        return configure(asked.first.resolve(), cwd, rules, wishes)
    except ConfigError as error:
        raise UsageProblem(str(error)) from error


def _names(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for part in given for name in part.replace(",", " ").split())


class Linter(msgspec.Struct):
    """Lints what was asked for, as it was configured; with texts in place of files, as often as one likes.

    Findings that are in `baseline`, or outside of `changes`, are left out.
    """

    asked: Asked
    cwd: Path
    configuration: Configuration
    cache: Parser | None = None
    answers: Answers | None = None
    baseline: Baseline | None = None
    changes: Changes | None = None
    _sources: Mapping[str, SourceFile] = msgspec.field(default_factory=dict)

    def look(self, changed: Mapping[str, SourceFile] | None = None) -> LintResult:
        """Lint everything, with the given files (by shown path) in place of those on the disk.

        Raises `UsageProblem` where there is no backend.
        """
        now = {Path(os.path.normpath(self.cwd / path)): source for path, source in (changed or {}).items()}
        texts = {**self.asked.texts, **{path: source.data for path, source in now.items()}}
        try:
            result = run_linter(
                self.asked.paths,
                self.cwd,
                self.configuration.rules,
                texts=texts,
                documents=self.asked.documents(self.cwd, texts),
                cache=self.cache,
                answers=self.answers,
                settings=self.configuration.settings,
            )
        except NoBackendError as error:
            raise no_backend(self.asked.paths) from error
        if not now:
            self._sources = result.sources
        if self.baseline is not None:
            result = self.baseline.applied(result, self.cwd, self.ran)
        if self.changes is not None:
            changes = self.changes
            for path, source in now.items():
                changes = changes.moved(path, self._sources[source.path], source)
            result = changes.applied(result, self.cwd)
        return result

    @property
    def ran(self) -> frozenset[str]:
        """The names of all that may be found."""
        return ENGINE_RULES | {rule.name for rule in self.configuration.rules}
