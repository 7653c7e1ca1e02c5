"""Rule packs: what the engine takes from a plugin, and what it refuses."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest
from biconvex.lint import plugins
from biconvex.lint.finding import Severity
from biconvex.lint.plugins import PackError, hookimpl, installed_rules, load_rules
from biconvex.lint.rule import Rule


def _rule(**attributes: Any) -> type[Rule]:
    given: dict[str, Any] = {
        "name": "toy-rule",
        "theme": "toys",
        "severity": Severity.INFO,
        "links": (),
        "silent": (),
        "flagged": (),
        "check": lambda self, backend: (),
        **attributes,
    }
    return type("Toy", (Rule,), {name: value for name, value in given.items() if value is not None})


def _pack(*rules: Any) -> object:
    class Pack:
        @hookimpl
        def biconvex_rules(self) -> list[Any]:
            return list(rules)

    return Pack()


def _refusal(*packs: tuple[str, object]) -> str:
    with pytest.raises(PackError) as refused:
        load_rules(packs)
    return str(refused.value)


def test_rules_of_all_packs_come_sorted_by_name() -> None:
    first, second = _pack(_rule(name="zebra"), _rule(name="ant")), _pack(_rule(name="bee"))
    assert [rule.name for rule in load_rules([("a", first), ("b", second)])] == ["ant", "bee", "zebra"]


def test_two_rules_of_one_name_are_refused() -> None:
    said = _refusal(("ours", _pack(_rule())), ("theirs", _pack(_rule())))
    assert said == "rule pack 'theirs': pack 'ours' has a rule 'toy-rule' too"


def test_the_engines_own_names_are_refused() -> None:
    said = _refusal(("p", _pack(_rule(name="syntax-error"))))
    assert said == "rule pack 'p': the name 'syntax-error' belongs to the engine itself"


def test_a_pack_without_a_hook_is_refused() -> None:
    said = _refusal(("p", SimpleNamespace()))
    assert said == "rule pack 'p' has no `biconvex_rules` marked with `@hookimpl`"


def test_a_pack_that_raises_is_refused_by_name() -> None:
    class Pack:
        @hookimpl
        def biconvex_rules(self) -> list[type[Rule]]:
            raise LookupError("no toys today")

    assert _refusal(("p", Pack())) == "rule pack 'p' can't be used: LookupError: no toys today"


def test_what_is_no_rule_is_refused() -> None:
    said = _refusal(("p", _pack(int)))
    assert said == "rule pack 'p': <class 'int'> is not a subclass of `Rule` with a `check`"


def test_a_rule_that_lacks_a_part_is_refused() -> None:
    said = _refusal(("p", _pack(_rule(theme=None, links=None))))
    assert said == "rule pack 'p': the class Toy lacks theme, links"


def test_a_name_that_could_not_be_written_in_a_comment_is_refused() -> None:
    said = _refusal(("p", _pack(_rule(name="Toy Rule"))))
    assert said == "rule pack 'p': 'Toy Rule' is no rule name: use words-with-hyphens"


def test_a_severity_must_be_one() -> None:
    said = _refusal(("p", _pack(_rule(severity="bad"))))
    assert said == "rule pack 'p': the severity of 'toy-rule' is not a `Severity`"


def test_the_installed_pack_brings_the_rules_of_this_package() -> None:
    assert {rule.name for rule in installed_rules()} >= {
        "database-in-action",
        "floating-promise",
        "frequent-scheduling",
        "index-range-out-of-order",
        "missing-argument-validators",
        "scheduling-in-loop",
    }


def test_a_pack_that_can_not_be_imported_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "biconvex_no_such_module", plugins.ENTRY_POINT_GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    with pytest.raises(PackError) as refused:
        installed_rules()
    assert str(refused.value) == (
        "rule pack 'broken' (biconvex_no_such_module) can't be loaded: "
        "ModuleNotFoundError: No module named 'biconvex_no_such_module'"
    )
