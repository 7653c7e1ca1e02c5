"""Which rules run: a preset or a selection, by the names of rules and themes, less what is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.nearest import did_you_mean
from biconvex.lint.plugins import ENGINE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from biconvex.lint.rule import Preset, Rule

__all__ = ["Selection", "named", "select", "unknown_names"]


class Selection(msgspec.Struct, frozen=True):
    """What is asked for: `select` instead of the preset if it is not None, and `extend` besides."""

    preset: Preset = "recommended"
    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def folds(self) -> bool:
        """Whether a mistake made in many places is to be reported once."""
        return self.select is None and self.preset != "strict"


def select(installed: Iterable[Rule], asked: Selection) -> tuple[Rule, ...]:
    """Choose rules. What names a rule is stronger than what names its theme; at a level, `ignore` wins."""
    wanted = {*(asked.select or ()), *asked.extend}
    ignored = set(asked.ignore)

    def runs(rule: Rule) -> bool:
        if rule.name in ignored:
            return False
        if rule.name in wanted:
            return True
        if rule.theme in ignored:
            return False
        return rule.theme in wanted or (asked.select is None and asked.preset in rule.presets)

    return tuple(rule for rule in installed if runs(rule))


def named(names: Iterable[str], installed: Sequence[Rule]) -> frozenset[str]:
    """Give the names of the rules that names of rules and themes stand for; the engine's own are themselves."""
    given = set(names)
    rules = {rule.name for rule in installed if rule.name in given or rule.theme in given}
    return frozenset(rules | (given & ENGINE_RULES))


def unknown_names(names: Iterable[str], installed: Sequence[Rule], *, engine: bool = False) -> list[str]:
    """Say of each name that is neither a rule nor a theme so; `engine` allows the engine's own findings, too."""
    known = {name for rule in installed for name in (rule.name, rule.theme)}
    if engine:
        known |= ENGINE_RULES
    return [
        f"there is no rule or theme `{name}`: {did_you_mean(name, known, '`biconvex rules` lists them')}"
        for name in names
        if name not in known
    ]
