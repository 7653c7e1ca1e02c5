"""The linting commands as a person or a program calls them: words out, exit codes, what is never loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from biconvex.lint.finding import Severity
from biconvex.lint.model import Backend
from biconvex.lint.rule import Problem, Rule
from click.testing import CliRunner, Result

from biconvex.cli import main

CLEAN = """\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => ctx.db.query("tasks").take(10) });
"""

FLOATING = """\
import { mutation } from "./_generated/server";
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    ctx.db.insert("tasks", {});
  },
});
"""

MESSAGE = "`ctx.db.insert(…)` is never awaited: the function goes on before it is done, and can't catch its failure."

AWAITED = {"path": "convex/tasks.ts", "line": 5, "column": 5, "end_line": 5, "end_column": 5}


def _project(folder: Path, **files: str) -> Path:
    convex = folder / "convex"
    convex.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (convex / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def _run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "biconvex", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- lint --------------------------------------------------------------------------------------------------


def test_a_clean_backend_exits_with_0(project: Path) -> None:
    _project(project, tasks__ts=CLEAN)
    result = _call("lint")
    assert result.exit_code == 0
    assert result.output.startswith("No findings: 1 file, 1 function in ")


def test_findings_are_shown_and_exit_with_1(project: Path) -> None:
    _project(project, tasks__ts=FLOATING)
    result = _call("lint", "convex")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines.pop(-2).startswith("1 finding (1 error): 1 file, 1 function in ")
    assert lines == [
        "convex/tasks.ts:5:5  error  floating-promise",
        f"  {MESSAGE}",
        "      │",
        '    5 │     ctx.db.insert("tasks", {});',
        "      │     ^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  fix: await it (--fix)",
        "",
        "Can be fixed: 1 with --fix.",
    ]


def test_json_goes_to_programs(project: Path) -> None:
    _project(project, tasks__ts=FLOATING)
    result = _call("lint", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "version": 1,
        "findings": [
            {
                "rule": "floating-promise",
                "severity": "error",
                "path": "convex/tasks.ts",
                "line": 5,
                "column": 5,
                "end_line": 5,
                "end_column": 31,
                "message": MESSAGE,
                "help": "await it",
                "evidence": [],
                "fix": {"title": "await it", "safe": True, "edits": [{**AWAITED, "text": "await "}]},
            }
        ],
        "summary": {
            "findings": 1,
            "by_severity": {"error": 1, "warning": 0, "info": 0},
            "by_rule": {"floating-promise": 1},
            "files": 1,
            "backends": 1,
            "functions": 1,
            "fixable": {"safe": 1, "unsafe": 0},
            "fixed": 0,
            "suppressed": 0,
            "baseline": {"known": 0, "stale": 0},
        },
    }


def test_several_paths_are_linted_together(project: Path) -> None:
    _project(project / "one", tasks__ts=CLEAN)
    _project(project / "two", tasks__ts=FLOATING)
    result = _call("lint", "one", "two", "--format", "json")
    assert json.loads(result.stdout)["summary"]["backends"] == 2


def test_a_path_that_does_not_exist_is_one_line(project: Path) -> None:
    result = _call("lint", "nowhere/convex")
    assert result.exit_code == 2
    assert result.output == "Error: nowhere/convex: there is no such file or folder\n"


def test_a_folder_without_functions_is_one_line_that_says_what_was_looked_for(project: Path) -> None:
    (project / "src").mkdir()
    result = _call("lint", "src")
    assert result.exit_code == 2
    assert result.output == (
        "Error: No Convex functions in src: looked for a folder `convex`, one that a convex.json names, a "
        "convex.config.ts, a folder `_generated`, and Python modules that import biconvex.sim.server\n"
    )


def test_an_unknown_format_is_a_mistake_in_usage(project: Path) -> None:
    result = _call("lint", "--format", "xml")
    assert result.exit_code == 2
    assert "'xml' is not one of 'text', 'json'" in result.output


def test_a_rule_pack_that_breaks_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _project(project, tasks__ts=CLEAN)
    monkeypatch.setattr("biconvex.lint.plugins.entry_points", lambda group: [_Entry(object())])
    result = _call("lint")
    assert result.exit_code == 2
    assert result.output == "Error: rule pack 'toys' has no `biconvex_rules` marked with `@hookimpl`\n"


class _Entry:
    """What importlib.metadata would say about a pack."""

    name, value = "toys", "toys"

    def __init__(self, plugin: object) -> None:
        self.plugin = plugin

    def load(self) -> object:
        return self.plugin


class _Raises(Rule):
    name, theme, severity, links, silent, flagged = "raises", "toys", Severity.WARNING, (), (), ()

    def check(self, backend: Backend) -> Iterator[Problem]:
        for function in backend.functions:
            raise LookupError(function.name)
            yield Problem(function.place, "Never.")


def test_a_third_partys_rule_that_raises_is_a_finding(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from biconvex.lint.plugins import hookimpl

    class Pack:
        @hookimpl
        def biconvex_rules(self) -> list[type[Rule]]:
            return [_Raises]

    _project(project, tasks__ts=CLEAN)
    monkeypatch.setattr("biconvex.lint.plugins.entry_points", lambda group: [_Entry(Pack())])
    result = _call("lint", "--format", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["rule"], finding["path"], finding["line"]) == ("internal-error", "convex/tasks.ts", 2)
    assert finding["message"].startswith("Internal error in rule raises, please report: LookupError: list (")


# --- explain and rules -------------------------------------------------------------------------------------


def test_explain_shows_the_documentation_and_examples_of_both_languages() -> None:
    result = _call("explain", "floating-promise")
    assert result.exit_code == 0
    headings = [line for line in result.output.splitlines() if line.startswith("#")]
    assert headings == [
        "# floating-promise",
        "## What it does",
        "## Why is this bad?",
        "## Example",
        "## Use instead",
        "## Known limits",
        "## References",
        "## Flagged in TypeScript: a write that nobody awaits",
        "## Flagged in Python: a write that nobody awaits",
        "## Not flagged in TypeScript: awaited, returned and gathered",
        "## Not flagged in Python: awaited, returned and gathered",
    ]
    assert "«" not in result.output


def test_explain_asks_for_the_rule_that_was_meant() -> None:
    result = _call("explain", "floating_promises")
    assert result.exit_code == 2
    assert result.output == "Error: There is no rule `floating_promises`: did you mean `floating-promise`?\n"


def test_explain_points_to_the_list_when_nothing_is_near() -> None:
    result = _call("explain", "xyzzy")
    assert result.exit_code == 2
    assert result.output == "Error: There is no rule `xyzzy`: `biconvex rules` lists them.\n"


def test_rules_are_listed_by_theme() -> None:
    lines = _call("rules").output.splitlines()
    assert "promises" in lines
    assert ["floating-promise", "error", "A promise that nobody awaits."] in [
        line.strip().split(None, 2) for line in lines
    ]


def test_rules_are_listed_for_programs() -> None:
    result = _call("rules", "--format", "json")
    listed = json.loads(result.stdout)
    assert listed["version"] == 1
    assert {
        "name": "floating-promise",
        "theme": "promises",
        "severity": "error",
        "summary": "A promise that nobody awaits.",
    }.items() <= {rule["name"]: rule for rule in listed["rules"]}["floating-promise"].items()


# --- the command itself ------------------------------------------------------------------------------------


def test_an_unknown_command_is_one_line_with_the_nearest() -> None:
    result = _call("lnt")
    assert result.exit_code == 2
    assert result.output == "Error: There is no command `lnt`: did you mean `lint`?\n"


def test_help_lists_the_commands_without_importing_them() -> None:
    result = _call("--help")
    assert result.exit_code == 0
    assert [
        line.split()[0] for line in result.output.partition("Commands:\n")[2].splitlines() if line[2] != " "
    ] == [
        "campaign",
        "explain",
        "fuzz",
        "graph",
        "lint",
        "lsp",
        "merge",
        "rules",
        "run",
    ]


def test_a_missing_extra_is_one_line_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_the_simulator(name: str) -> click.Command:
        raise ModuleNotFoundError("No module named 'sortedcontainers'", name="sortedcontainers")

    monkeypatch.setattr("biconvex.cli.import_module", without_the_simulator)
    result = _call("run", "tasks:list")
    assert result.exit_code == 2
    assert result.output == (
        "Error: `biconvex run` needs the package sortedcontainers: pip install 'biconvex[sim]'\n"
    )


def test_an_interrupt_is_quiet(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    _project(project, tasks__ts=CLEAN)
    monkeypatch.setattr("biconvex.cli.linter.run_linter", interrupted)
    result = _call("lint")
    assert (result.exit_code, result.output) == (130, "")


# --- in a process of its own -------------------------------------------------------------------------------


def test_linting_loads_neither_the_simulator_nor_rich(tmp_path: Path) -> None:
    _project(tmp_path, tasks__ts=FLOATING)
    code = (
        "import sys; from biconvex.cli import main; main(['lint'], standalone_mode=False); "
        "print(sorted(name for name in sys.modules if name.startswith(('biconvex.sim', 'rich', 'pydantic'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_json_report_is_the_same_in_every_process(tmp_path: Path) -> None:
    _project(tmp_path, tasks__ts=FLOATING, more__ts=FLOATING)
    runs = [_run("lint", "--format", "json", cwd=tmp_path, PYTHONHASHSEED=seed) for seed in ("1", "2")]
    assert runs[0].returncode == runs[1].returncode == 1
    assert runs[0].stdout == runs[1].stdout


def test_an_encoding_that_lacks_a_sign_does_not_end_in_a_traceback(tmp_path: Path) -> None:
    _project(tmp_path, tasks__ts=FLOATING)
    done = _run("lint", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.startswith(
        b"convex/tasks.ts:5:5  error  floating-promise\n  `ctx.db.insert(?)` is never"
    )


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    _project(tmp_path, tasks__ts=FLOATING)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "biconvex", "lint"],
        cwd=tmp_path,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")
