"""`biconvex run`: what the functions that it runs may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from biconvex.sim.hosts.javascript import node
from biconvex.sim.hosts.javascript.engine import shared_engine
from biconvex.sim.hosts.javascript.node import Node, find_node
from click.testing import CliRunner, Result

from biconvex.cli import main

PACKAGES = Path(__file__).parents[1] / "packages" / "node_modules"
SOURCE = """\
"use node";
import { execSync } from "node:child_process";
import { action } from "./_generated/server";
export const spawn = action(async () => execSync("echo hello").toString());
"""
PLAIN = """\
import { query } from "./_generated/server";
export const one = query(async () => 1);
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "convex").mkdir()
    (root / "convex" / "n.ts").write_text(SOURCE)
    (root / "convex" / "m.ts").write_text(PLAIN)
    (root / "package.json").write_text("{}")
    (root / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    return root


@pytest.fixture
def old_node(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found = find_node()
    shared_engine().close()
    monkeypatch.setattr(node, "find_node", lambda: Node(found.executable, "20.4.0"))
    yield
    shared_engine().close()


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def test_what_a_function_may_do_has_to_be_allowed(project: Path) -> None:
    refused = invoke("n:spawn", "--project", project)
    assert refused.exit_code == 1
    assert 'to let this one do more, give the deployment allow=["child-process"]' in refused.stderr
    assert invoke("n:spawn", "--project", project, "--allow", "child-process").stdout == '"hello\\n"\n'


def test_what_cannot_be_allowed_is_refused(project: Path) -> None:
    result = invoke("n:spawn", "--project", project, "--allow", "anything")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: allow: 'anything' is not one of 'addons', 'child-process', 'fs-read:PATH', 'fs-write:PATH', 'worker'\n",
    )


@pytest.mark.usefixtures("old_node")
def test_a_node_that_has_no_sandbox_is_named(project: Path) -> None:
    result = invoke("m:one", "--project", project)
    assert (result.stdout, result.stderr) == (
        "1\n",
        "note: Node 20.4.0 runs without a sandbox: it takes Node 20.12, 21.6 or newer\n",
    )
