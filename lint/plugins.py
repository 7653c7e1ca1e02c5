"""Rule packs: how rules reach the engine, which imports none of them.

A pack is a module or object with one hook; an entry point of the group `biconvex.rules` names it:

    from biconvex.lint.plugins import hookimpl

    @hookimpl
    def biconvex_rules():
        return [MyRule]
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import pluggy
from biconvex.lint.entrypoints import EntryPoint, entry_points
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "ENGINE_RULES",
    "ENTRY_POINT_GROUP",
    "PackError",
    "hookimpl",
    "hookspec",
    "installed_rules",
    "load_rules",
]

ENTRY_POINT_GROUP = "biconvex.rules"
"""The entry point group that names rule packs."""

ENGINE_RULES = frozenset(
    {
        "empty-file", "internal-error", "invalid-suppression", "syntax-error", "unreadable-file",
        "unused-suppression",
    }
)  # fmt: skip
"""Names of findings that the engine itself reports; no rule may take them."""

_PROJECT = "biconvex"
_FIELDS = ("name", "theme", "severity", "links", "silent", "flagged")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

hookspec = pluggy.HookspecMarker(_PROJECT)
hookimpl = pluggy.HookimplMarker(_PROJECT)


class PackError(Exception):
    """A rule pack that can't be used. The message names the pack and what is wrong with it."""


class _Hooks:
    """What a rule pack may implement."""

    @hookspec
    def biconvex_rules(self) -> Iterable[type[Rule]]:  # type: ignore[empty-body]
        """Return the rule classes of this pack, in any order."""


def installed_rules() -> tuple[Rule, ...]:
    """Load the rules of every installed pack. Raises `PackError`."""
    found = entry_points(group=ENTRY_POINT_GROUP)
    return load_rules([(entry.name, _load(entry)) for entry in sorted(found, key=lambda entry: entry.name)])


def load_rules(packs: Sequence[tuple[str, object]]) -> tuple[Rule, ...]:
    """One instance of every rule of the given `(name, plugin)` packs, sorted by rule name.

    Raises `PackError` for a pack that implements no hook, for what is no complete rule, and for a rule name
    that is taken.
    """
    rules: dict[str, Rule] = {}
    owner: dict[str, str] = {}
    for pack, plugin in packs:
        for rule in _rules_of(pack, plugin):
            if rule.name in ENGINE_RULES:
                raise PackError(f"rule pack {pack!r}: the name {rule.name!r} belongs to the engine itself")
            if rule.name in rules:
                raise PackError(f"rule pack {pack!r}: pack {owner[rule.name]!r} has a rule {rule.name!r} too")
            rules[rule.name] = rule
            owner[rule.name] = pack
    return tuple(rules[name] for name in sorted(rules))


def _load(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:
        raise PackError(f"rule pack {entry.name!r} ({entry.value}) can't be loaded: {_say(error)}") from error


def _rules_of(pack: str, plugin: object) -> list[Rule]:
    manager = pluggy.PluginManager(_PROJECT)
    manager.add_hookspecs(_Hooks)
    try:
        manager.register(plugin, pack)
        manager.check_pending()
        answers: list[Iterable[Any]] = manager.hook.biconvex_rules()
        classes = [rule for answer in answers for rule in answer]
    except Exception as error:
        raise PackError(f"rule pack {pack!r} can't be used: {_say(error)}") from error
    if not answers:
        raise PackError(f"rule pack {pack!r} has no `biconvex_rules` marked with `@hookimpl`")
    return [_instance(pack, rule) for rule in classes]


def _instance(pack: str, rule: Any) -> Rule:
    if not (inspect.isclass(rule) and issubclass(rule, Rule)) or inspect.isabstract(rule):
        raise PackError(f"rule pack {pack!r}: {rule!r} is not a subclass of `Rule` with a `check`")
    missing = [field for field in _FIELDS if not hasattr(rule, field)]
    if missing:
        raise PackError(f"rule pack {pack!r}: the class {rule.__name__} lacks {', '.join(missing)}")
    if not (isinstance(rule.name, str) and _NAME.fullmatch(rule.name)):
        raise PackError(f"rule pack {pack!r}: {rule.name!r} is no rule name: use words-with-hyphens")
    if not isinstance(rule.severity, Severity):
        raise PackError(f"rule pack {pack!r}: the severity of {rule.name!r} is not a `Severity`")
    return rule()


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
