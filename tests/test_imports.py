"""The import contract in `.importlinter`: it holds, and each part of it can be broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACT = ROOT / ".importlinter"


def lint_imports(import_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs import-linter on the `biconvex` found below `import_path`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--config", str(CONTRACT), "--no-logo", "--no-cache", *options],
        cwd=import_path,
        env={**os.environ, "PYTHONPATH": str(import_path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copied_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that may be spoilt."""
    folder = tmp_path_factory.mktemp("imports")
    shutil.copytree(
        ROOT / "typings" / "biconvex", folder / "biconvex", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def test_every_import_runs_downwards() -> None:
    outcome = lint_imports(ROOT / "typings")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("contract", "module", "forbidden"),
    [
        ("faces", "lint/source.py", "biconvex.rules"),
        ("sim-alone", "sim/values/errors.py", "biconvex.lint.source"),
        ("rules-are-plugins", "lint/engine.py", "biconvex.rules"),
        ("root", "__init__.py", "biconvex.cli"),
        ("lint", "lint/syntax.py", "biconvex.lint.model"),
        ("sim", "sim/store/document.py", "biconvex.sim.runtime"),
        ("hosts-and-services", "sim/services/scheduler.py", "biconvex.sim.hosts.python"),
        ("languages", "sim/hosts/javascript/__init__.py", "biconvex.sim.hosts.python"),
        ("protocol", "sim/hosts/protocol.py", "biconvex.sim.values"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    copied_package: Path, contract: str, module: str, forbidden: str
) -> None:
    spoilt = copied_package / "biconvex" / module
    text = spoilt.read_text(encoding="utf-8")
    spoilt.write_text(f"{text}\nimport {forbidden}\n", encoding="utf-8")
    try:
        outcome = lint_imports(copied_package, "--contract", contract)
    finally:
        spoilt.write_text(text, encoding="utf-8")
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "0 kept, 1 broken" in outcome.stdout
