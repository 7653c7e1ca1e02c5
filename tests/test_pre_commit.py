"""The hook for pre-commit, as `pre-commit run` runs it in a repository of its own.

The hook is that of `.pre-commit-hooks.yaml`, word for word, in everything but its language: `python` has pre-commit fetch
what Biconvex builds on from the network, so that here it is `system`, and the command that of this environment. That the
package installs and brings the command is shown where the wheel is tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CLEAN = """\
import { mutation } from "./_generated/server";
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("tasks", {});
  },
});
"""
FLOATING = CLEAN.replace("await ", "")


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    here = str(Path(sys.executable).parent)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_COLOR": "never",
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _hooks(folder: Path) -> tuple[int, list[str]]:
    done = _run(folder, sys.executable, "-m", "pre_commit", "run")
    return done.returncode, done.stdout.splitlines()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the hook, and a backend in which there is nothing to find."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook.pop("language") == "python"
    hook.pop("minimum_pre_commit_version")  # is for manifests alone
    config = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    folder = tmp_path / "project"
    (folder / "convex").mkdir(parents=True)
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "convex/tasks.ts").write_text(CLEAN, encoding="utf-8")
    (folder / "convex/more.ts").write_text(CLEAN, encoding="utf-8")
    for command in (("init", "-q"), ("add", ".")):
        assert _run(folder, "git", *command).returncode == 0
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.example")
    assert _run(folder, "git", *identity, "commit", "-qm", "All").returncode == 0
    return folder


def _stage(folder: Path, path: str, text: str) -> None:
    (folder / path).write_text(text, encoding="utf-8")
    assert _run(folder, "git", "add", path).returncode == 0


def test_a_commit_with_a_finding_is_refused_with_the_report(repository: Path) -> None:
    _stage(repository, "convex/tasks.ts", FLOATING)
    code, lines = _hooks(repository)
    assert code == 1
    assert lines[0].startswith("biconvex")
    assert lines[0].endswith("Failed")
    assert "convex/tasks.ts:5:5  error  floating-promise" in lines


def test_a_commit_without_one_passes(repository: Path) -> None:
    _stage(repository, "convex/tasks.ts", f"{CLEAN}\n")
    code, lines = _hooks(repository)
    assert (code, len(lines)) == (0, 1)
    assert lines[0].endswith("Passed")


def test_the_whole_backend_is_read_whatever_is_staged(repository: Path) -> None:
    _stage(repository, "convex/more.ts", FLOATING)
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.example")
    assert _run(repository, "git", *identity, "commit", "-qm", "More").returncode == 0
    _stage(repository, "convex/tasks.ts", f"{CLEAN}\n")
    code, lines = _hooks(repository)
    assert code == 1
    assert "convex/more.ts:5:5  error  floating-promise" in lines


def test_a_commit_of_other_files_does_not_run_it(repository: Path) -> None:
    _stage(repository, "notes.txt", "Nothing to lint.\n")
    code, lines = _hooks(repository)
    assert code == 0
    assert lines[0].endswith("Skipped")
