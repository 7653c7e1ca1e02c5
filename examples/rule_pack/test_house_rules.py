"""The cases of every rule of the pack, in both languages: that's all that a pack has to write."""

import pytest
from biconvex.lint.trial import run_case
from house_rules import biconvex_rules

CASES = [(rule(), case) for rule in biconvex_rules() for case in (*rule.silent, *rule.flagged)]


@pytest.mark.parametrize("language", ["typescript", "python"])
@pytest.mark.parametrize(("rule", "case"), CASES, ids=lambda value: value.name)
def test_a_rule_finds_what_is_marked(rule, case, language):
    outcome = run_case(rule, case, language)
    assert outcome.found == outcome.expected
    assert bool(outcome.expected) == (case in rule.flagged)
