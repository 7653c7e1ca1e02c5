"""The pytest plugin: what functions may do (docs/security.md)."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.sim.hosts.javascript import node
from biconvex.sim.hosts.javascript.node import Node

PACKAGES = Path(__file__).parents[1] / "packages" / "node_modules"
SOURCE = """\
"use node";
import { execSync } from "node:child_process";
import { action } from "./_generated/server";
export const spawn = action(async () => execSync("echo hello").toString());
"""


@pytest.fixture
def with_node(pytester: pytest.Pytester) -> pytest.Pytester:
    functions = pytester.mkdir("convex")
    (functions / "n.ts").write_text(SOURCE)
    (pytester.path / "package.json").write_text("{}")
    (pytester.path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    pytester.makepyfile("def test_spawn(convex):\n    assert convex.action('n:spawn') == 'hello\\n'\n")
    return pytester


def test_what_functions_may_do_is_an_ini_option(with_node: pytest.Pytester) -> None:
    with_node.makeini("[pytest]\nconvex_project = .\n")
    refused = with_node.runpytest_inprocess()
    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines(['*give the deployment allow=[[]"child-process"[]]*'])
    with_node.makeini("[pytest]\nconvex_project = .\nconvex_allow =\n    child-process\n    worker\n")
    with_node.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_header_says_that_node_has_no_sandbox(
    with_node: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_node.makeini("[pytest]\nconvex_project = .\nconvex_seed = 5\n")
    monkeypatch.setattr(node, "find_node", lambda: Node("node", "20.4.0"))
    result = with_node.runpytest_inprocess("--collect-only")
    result.stdout.fnmatch_lines(
        ["convex: project ., seed 5, node 20.4.0 (without a sandbox: it takes Node 20.12, 21.6 or newer)"]
    )
