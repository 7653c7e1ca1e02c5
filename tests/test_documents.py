"""Documents are walked through from the top: files are written, commands and programs run, as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from biconvex.sim.faults import FAULT_NAMES
from biconvex.sim.kernel import EVENT_KINDS
from document_kit import NAMED, PACKAGES, blocks_of, compare, run_console

ROOT = Path(__file__).parent.parent
WALKS = ["tutorial.md", *(f"how-to/{path.name}" for path in sorted((ROOT / "docs/how-to").glob("*.md")))]


@pytest.mark.parametrize("name", WALKS)
def test_a_document_can_be_followed_from_the_top(name: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    (tmp_path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    done = 0
    for language, body in blocks_of(ROOT / "docs" / name):
        named = NAMED.match(body)
        if named is not None:
            file = tmp_path / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body)
        elif language == "console":
            compare(body, lambda command: run_console(tmp_path, command))
            done += 1
        elif language == "python":
            program = [sys.executable, "-W", "error", "-c", body]
            outcome = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert (outcome.returncode, outcome.stderr) == (0, "")
            done += 1
    assert done > 0


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            if "://" not in link:
                assert (document.parent / link).exists(), f"{document.relative_to(ROOT)}: {link}"


def test_the_reference_of_testing_has_every_fault_event_and_option() -> None:
    page = (ROOT / "docs/testing.md").read_text("utf-8")
    settings = (ROOT / "pytest_plugin/settings.py").read_text("utf-8")
    options = [*re.findall(r'^    \(\s*"([a-z-]+)",', settings, re.MULTILINE), "check-determinism"]
    assert len(options) >= 5
    wanted = [
        *(f"`{name}`" for name in (*FAULT_NAMES, *EVENT_KINDS)),
        *(f"`--convex-{name}" for name in options),
    ]
    assert [name for name in wanted if name not in page] == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param(path.name, body, id=f"{path.name} {number}")
        for path in sorted((ROOT / "docs").rglob("*.md"))
        for number, (language, body) in enumerate(blocks_of(path))
        if language == "toml"
    ],
)
def test_a_configuration_that_is_shown_is_one(name: str, body: str, tmp_path: Path) -> None:
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "m.ts").write_text('import { query } from "./_generated/server";\n')
    (tmp_path / "biconvex.toml").write_text(body)
    (tmp_path / "biconvex-baseline.json").write_text('{"version": 1, "findings": []}')
    assert run_console(tmp_path, "biconvex lint convex")[0].startswith("No findings"), name
