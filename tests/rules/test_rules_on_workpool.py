"""A published component that nobody here wrote: linted without a crash, and every finding was read."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.engine import lint
from biconvex.lint.finding import Severity
from biconvex.lint.plugins import installed_rules
from biconvex.lint.result import LintResult

PACKAGES = Path(__file__).parents[1] / "packages"
WORKPOOL = PACKAGES / "node_modules/@convex-dev/workpool/src/component"


@pytest.fixture(scope="module")
def result() -> LintResult:
    if not WORKPOOL.is_dir():
        pytest.fail("the npm packages of the tests are missing: run `make packages`", pytrace=False)
    return lint([WORKPOOL], PACKAGES, installed_rules())


def test_the_component_is_one_backend_with_all_of_its_functions(result: LintResult) -> None:
    assert result.backends == 1
    deployed = {
        path.removeprefix("node_modules/@convex-dev/workpool/src/component/")
        for path in result.sources
        if not path.endswith(".test.ts")
    }
    assert {
        "complete.ts",
        "kick.ts",
        "lib.ts",
        "loop.ts",
        "recovery.ts",
        "schema.ts",
        "worker.ts",
    } <= deployed
    assert result.functions >= 20


def test_nobody_who_reads_its_code_would_call_anything_in_it_a_mistake(result: LintResult) -> None:
    # it schedules batches in loops over what it was handed, continues itself while there is work, and starts
    # jobs one by one up to `maxParallelism`: all of it on purpose, none of it unbounded
    mistakes = [finding for finding in result.findings if finding.severity is not Severity.INFO]
    assert [(finding.path, finding.line, finding.rule, finding.message) for finding in mistakes] == []
