"""Every rule's own file is its specification: its cases run here, in both languages, and its form is checked."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import biconvex.rules
import pytest
from biconvex.lint.cases import case_files, unmark
from biconvex.lint.documentation import HEADINGS, documentation
from biconvex.lint.plugins import load_rules
from biconvex.lint.rule import Case, Rule
from biconvex.lint.source import Language
from biconvex.lint.trial import fix_case, fixed_files, run_case

RULES = load_rules([("builtin", biconvex.rules)])
LANGUAGES: tuple[Language, ...] = ("typescript", "python")


def _cases(sort: str) -> list[Any]:
    return [
        pytest.param(rule, case, language, id=f"{rule.name}-{language}-{case.name}")
        for rule in RULES
        for case in getattr(rule, sort)
        for language in rule.languages
    ]


each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.mark.parametrize(("rule", "case", "language"), _cases("silent"))
def test_a_rule_is_silent_about_its_silent_cases(rule: Rule, case: Case, language: Language) -> None:
    outcome = run_case(rule, case, language)
    assert outcome.expected == (), "a silent case has no marks"
    assert [(span.path, span.text) for span in outcome.found] == []


@pytest.mark.parametrize(("rule", "case", "language"), _cases("flagged"))
def test_a_rule_flags_exactly_what_is_marked(rule: Rule, case: Case, language: Language) -> None:
    outcome = run_case(rule, case, language)
    assert outcome.expected, "a flagged case has marks"
    assert outcome.found == outcome.expected


@pytest.mark.parametrize(("rule", "case", "language"), _cases("flagged"))
def test_a_message_is_one_sentence_of_fact_and_a_help_an_imperative(
    rule: Rule, case: Case, language: Language
) -> None:
    for problem in run_case(rule, case, language).problems:
        assert re.fullmatch(r"[A-Z`][^\n]*[^.]\.", problem.message)
        assert problem.help is None or re.fullmatch(r"[a-z`][^\n]*[^.]", problem.help)
        for _, fact in problem.evidence:
            assert re.fullmatch(r"[^\n]*[^.\n]", fact)


@pytest.mark.parametrize(("rule", "case", "language"), _cases("flagged"))
def test_what_a_rule_says_about_python_spells_names_as_python_does(
    rule: Rule, case: Case, language: Language
) -> None:
    if language == "python":
        for problem in run_case(rule, case, language).problems:
            said = f"{problem.message} {problem.help}"
            assert re.findall(r"\b(?:run[A-Z]\w+|with[A-Z]\w+|for … of|Promise\.all)\b", said) == []


@pytest.mark.parametrize(("rule", "case", "language"), _cases("flagged"))
def test_fixes_make_of_a_case_what_it_says_and_leave_nothing_to_fix(
    rule: Rule, case: Case, language: Language
) -> None:
    outcome = fix_case(rule, case, language)
    if outcome.made or outcome.broken or outcome.left:
        assert outcome.files == fixed_files(case, language)
        assert (outcome.broken, outcome.left) == ((), ())
    else:
        assert fixed_files(case, language) is None, "the rule offers no fix here"


@pytest.mark.parametrize(("rule", "case", "language"), _cases("flagged"))
def test_a_fix_says_in_the_imperative_what_it_does(rule: Rule, case: Case, language: Language) -> None:
    for problem in run_case(rule, case, language).problems:
        assert problem.fix is None or re.fullmatch(r"[a-z`][^\n]*[^.]", problem.fix.title)


@each_rule
def test_a_rule_says_whether_its_fixes_are_safe(rule: Rule) -> None:
    fixes = [
        problem.fix.safe
        for case in rule.flagged
        for language in LANGUAGES
        for problem in run_case(rule, case, language).problems
        if problem.fix
    ]
    assert rule.fixable == ("safe" if any(fixes) else "unsafe" if fixes else "never")


@each_rule
def test_a_rule_has_silent_and_flagged_cases_with_names_of_their_own(rule: Rule) -> None:
    assert len(rule.silent) >= 2
    assert len(rule.flagged) >= 2
    names = [case.name for case in (*rule.silent, *rule.flagged)]
    assert sorted(set(names)) == sorted(names)


@each_rule
def test_the_cases_in_python_are_python(rule: Rule) -> None:
    for case in (*rule.silent, *rule.flagged):
        for path, text in case_files(case, "python").items():
            if not path.endswith(".ts"):  # such as the convex.config.ts of a component
                compile(unmark(text, path)[0], path, "exec")


@each_rule
def test_a_rule_documents_itself_under_the_fixed_headings(rule: Rule) -> None:
    told = documentation(rule)
    assert tuple(told.sections) == HEADINGS
    assert all(told.sections.values())
    assert re.fullmatch(r"[A-Z][^\n]{10,90}\.", told.summary)


@each_rule
def test_a_rule_lists_its_links_as_references(rule: Rule) -> None:
    assert rule.links
    assert documentation(rule).sections["References"] == "\n".join(f"* {link}" for link in rule.links)


@each_rule
def test_a_rule_lies_where_its_name_and_theme_say(rule: Rule) -> None:
    assert not rule.name.startswith("no-")
    file = Path(inspect.getfile(type(rule)))
    assert file.stem == rule.name.replace("-", "_")
    assert file.parent.name == rule.theme
    class_name = "".join(word.capitalize() for word in rule.name.split("-"))
    assert type(rule).__name__ == class_name


def test_every_module_of_the_pack_that_has_a_rule_is_found() -> None:
    folder = Path(inspect.getfile(biconvex.rules)).parent
    written = {
        path.stem.replace("_", "-") for path in folder.glob("*/*.py") if "(Rule):" in path.read_text("utf-8")
    }
    assert written == {rule.name for rule in RULES}
