"""Puts the configuration file and the command line together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.config.errors import ConfigError
from biconvex.lint.config.find import ConfigFile, find_config, load_config
from biconvex.lint.config.selection import Selection, named, select, unknown_names
from biconvex.lint.nearest import did_you_mean
from biconvex.lint.plugins import ENGINE_RULES
from biconvex.lint.settings import Override, PathPatterns, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from biconvex.lint.config.schema import ConfigModel
    from biconvex.lint.finding import Severity
    from biconvex.lint.rule import Preset, Rule

__all__ = ["Configuration", "Wishes", "configure"]


class Wishes(msgspec.Struct, frozen=True):
    """What a command line asks for. `select` or `preset` replace all that the file says about which rules run.

    `ignore` comes on top of it. `file` is the configuration file to take; without one, `search` says whether to
    look for it.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preset: Preset | None = None
    file: Path | None = None
    search: bool = True


class Configuration(msgspec.Struct, frozen=True):
    """What a run is told: the rules to run, with their options, and what to do with their findings.

    `file` is where it comes from, if from a file; `baseline` the file of known findings, absolute. `folds` says
    that a mistake made in many places is to be reported once: not if rules are named, nor in the preset `strict`.
    """

    rules: tuple[Rule, ...]
    settings: Settings = msgspec.field(default_factory=Settings)
    file: Path | None = None
    baseline: Path | None = None
    folds: bool = True


def configure(
    start: Path, cwd: Path, installed: Sequence[Rule], wishes: Wishes | None = None
) -> Configuration:
    """Read the configuration that holds for a file or folder, and choose among the installed rules.

    `start` is an absolute path; errors show paths relative to `cwd`. Raises `ConfigError` for what can't be used in
    the configuration, and for names on the command line that no rule has.
    """
    wishes = wishes or Wishes()
    for option, names, engine in (("--select", wishes.select, False), ("--ignore", wishes.ignore, True)):
        _refuse(f"{option}: {problem}" for problem in unknown_names(names, installed, engine=engine))
    file = _file(start, cwd, wishes)
    if file is None:
        asked = _selection(Selection(), wishes)
        ignored = named(wishes.ignore, installed) & ENGINE_RULES
        settings = Settings(ignored=ignored, known=ENGINE_RULES | {rule.name for rule in installed})
        return Configuration(select(installed, asked), settings, folds=asked.folds)
    return _configured(file, installed, wishes)


def _configured(file: ConfigFile, installed: Sequence[Rule], wishes: Wishes) -> Configuration:
    from biconvex.lint.config.schema import validated  # noqa: PLC0415 - pydantic is slow to load

    model = validated(file)
    _refuse(_unknown(file, model, installed))
    folder = file.path.parent.resolve()
    severities, options = _rule_settings(file, model, installed)
    asked = _selection(
        Selection(
            model.preset,
            None if model.select is None else tuple(model.select),
            tuple(model.extend_select),
            tuple(model.ignore),
        ),
        wishes,
    )
    rules = select(installed, asked)
    return Configuration(
        rules=tuple(type(rule)(options[rule.name]) if rule.name in options else rule for rule in rules),
        settings=Settings(
            severities=severities,
            ignored=named(asked.ignore, installed) & ENGINE_RULES,
            exclude=_patterns(file, "exclude", folder, model.exclude) if model.exclude else None,
            overrides=tuple(
                Override(
                    _patterns(file, f"overrides[{at}].paths", folder, one.paths), named(one.ignore, installed)
                )
                for at, one in enumerate(model.overrides)
            ),
            known=ENGINE_RULES | {rule.name for rule in installed},
        ),
        file=file.path,
        baseline=folder / model.baseline if model.baseline is not None else None,
        folds=asked.folds,
    )


def _file(start: Path, cwd: Path, wishes: Wishes) -> ConfigFile | None:
    if wishes.file is not None:
        return load_config(wishes.file, cwd)
    return find_config(start, cwd) if wishes.search else None


def _selection(file: Selection, wishes: Wishes) -> Selection:
    if wishes.select:
        return Selection(select=wishes.select, ignore=wishes.ignore)
    if wishes.preset:
        return Selection(wishes.preset, ignore=wishes.ignore)
    return Selection(file.preset, file.select, file.extend, (*file.ignore, *wishes.ignore))


def _unknown(file: ConfigFile, model: ConfigModel, installed: Sequence[Rule]) -> list[str]:
    """Say of every name in the configuration that no rule has so."""
    lists = [
        ("select", model.select or [], False),
        ("extend-select", model.extend_select, False),
        ("ignore", model.ignore, True),
        *((f"overrides[{at}].ignore", one.ignore, True) for at, one in enumerate(model.overrides)),
    ]
    said = [
        _say(file, key, problem)
        for key, names, engine in lists
        for problem in unknown_names(names, installed, engine=engine)
    ]
    known = ENGINE_RULES | {rule.name for rule in installed}
    for name in model.rules:
        if name not in known:
            hint = did_you_mean(name, known, "`biconvex rules` lists them")
            said.append(_say(file, f"rules.{name}", f"there is no rule `{name}`: {hint}"))
    return said


def _rule_settings(
    file: ConfigFile, model: ConfigModel, installed: Sequence[Rule]
) -> tuple[Mapping[str, Severity], Mapping[str, object]]:
    """Read `[rules.<name>]` of each rule that has one: the severities and the options, by rule name."""
    from biconvex.lint.config.schema import rule_settings  # noqa: PLC0415 - as above

    classes = {rule.name: rule.Options for rule in installed}
    severities: dict[str, Severity] = {}
    options: dict[str, object] = {}
    problems: list[str] = []
    for name, values in model.rules.items():
        try:
            severity, given = rule_settings(file, name, classes.get(name), values)
        except ConfigError as error:
            problems.append(str(error))
            continue
        if severity is not None:
            severities[name] = severity
        if given is not None:
            options[name] = given
    _refuse(problems)
    return severities, options


def _patterns(file: ConfigFile, key: str, folder: Path, patterns: Sequence[str]) -> PathPatterns:
    try:
        return PathPatterns(folder, patterns)
    except ValueError as error:
        raise ConfigError(_say(file, key, str(error))) from error


def _say(file: ConfigFile, key: str, problem: str) -> str:
    return f"{file.shown}: {f'{file.prefix}.' if file.prefix else ''}{key}: {problem}"


def _refuse(problems: Iterable[str]) -> None:
    said = "\n".join(problems)
    if said:
        raise ConfigError(said)
