"""The rule that CONTRIBUTING.md builds is a real one: its cases pass as they stand on the page."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from biconvex.lint.documentation import HEADINGS, documentation
from biconvex.lint.plugins import load_rules
from biconvex.lint.rule import Rule
from biconvex.lint.source import Language
from biconvex.lint.trial import run_case

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Rule:
    """The rule of the page, brought by the pack of the page."""
    rule_file, pack_file = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    for name, code in (("my_team_rules.duplicate_cron_name", rule_file), ("my_team_rules", pack_file)):
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(code, f"{name}.py", "exec"), module.__dict__)
    (rule,) = load_rules([("my-team", sys.modules["my_team_rules"])])
    return rule


def test_its_documentation_has_the_fixed_headings(rule: Rule) -> None:
    assert tuple(documentation(rule).sections) == HEADINGS


@pytest.mark.parametrize("language", ["typescript", "python"])
def test_its_cases_pass(rule: Rule, language: Language) -> None:
    outcomes = [run_case(rule, case, language) for case in (*rule.silent, *rule.flagged)]
    assert [len(outcome.found) for outcome in outcomes] == [0, 0, 1, 1]
    assert [outcome.found for outcome in outcomes] == [outcome.expected for outcome in outcomes]
