"""Living with the linter, from the command line: configuration, suppressions, fixes, baseline, changes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

BROKEN = """\
import { mutation } from "./_generated/server";
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    ctx.db.insert("tasks", {}); // now
  },
});
"""
FIXED = BROKEN.replace("    ctx.db", "    await ctx.db")

DIFF = """\
--- a/convex/tasks.ts
+++ b/convex/tasks.ts
@@ -2,6 +2,6 @@
 export const add = mutation({
   args: {},
   handler: async (ctx) => {
-    ctx.db.insert("tasks", {}); // now
+    await ctx.db.insert("tasks", {}); // now
   },
 });
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "tasks.ts").write_text(BROKEN)
    return tmp_path


def _call(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(main, ["lint", "--no-cache", *arguments], **options)


def _lines(result: Result) -> list[str]:
    return [line.partition(" in 0.")[0] for line in result.output.splitlines()]


def _rules(*arguments: str) -> list[str]:
    report = json.loads(_call("--format", "json", *arguments).stdout)
    return [finding["rule"] for finding in report["findings"]]


# --- configuration -----------------------------------------------------------------------------------------


def test_the_configuration_is_found_and_the_command_line_goes_before_it(project: Path) -> None:
    (project / "biconvex.toml").write_text('ignore = ["promises"]\n')
    assert _rules() == []
    assert _rules("--no-config") == ["floating-promise"]
    assert _rules("--select", "crons,floating-promise") == ["floating-promise"]
    (project / "other.toml").write_text('preset = "starter"\n')
    assert _rules("--config", "other.toml") == ["floating-promise"]
    assert _rules("--config", "other.toml", "--ignore", "promises") == []


def test_a_mistake_in_the_configuration_is_a_line_and_exit_2(project: Path) -> None:
    (project / "biconvex.toml").write_text('ignor = ["promises"]\npreset = 1\n')
    result = _call()
    assert result.exit_code == 2
    assert result.output == (
        "Error: biconvex.toml: preset: input should be 'starter', 'recommended' or 'strict', not 1\n"
        "biconvex.toml: ignor: there is no such option: did you mean `ignore`?\n"
    )


def test_an_unknown_rule_on_the_command_line_is_a_line_and_exit_2(project: Path) -> None:
    result = _call("--select", "floating-promises")
    assert result.exit_code == 2
    assert result.output == (
        "Error: --select: there is no rule or theme `floating-promises`: did you mean `floating-promise`?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "a.toml", "--no-config"], "--config and --no-config contradict each other"),
        (
            ["--select", "auth", "--preset", "strict"],
            "--select runs just the rules that it names: leave --preset out",
        ),
        (
            ["--write-baseline", "--fix"],
            "--write-baseline takes all findings as they are: leave out --baseline, --changed-since and fixes",
        ),
        (["--baseline", "none.json"], None),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    project: Path, arguments: list[str], said: str | None
) -> None:
    result = _call(*arguments)
    assert result.exit_code == 2
    expected = said or (
        f"{project}/none.json: there is no such baseline: make it with `biconvex lint --write-baseline`"
    )
    assert result.output == f"Error: {expected}\n"


def test_the_options_of_a_rule_are_explained_with_their_defaults() -> None:
    from biconvex.lint.plugins import installed_rules

    from biconvex.cli.explain import document

    @dataclass(frozen=True)
    class Options:
        """`least-seconds` is how often is too often; `styles` are those that are fine."""

        least_seconds: int = 60
        styles: frozenset[str] = frozenset({"b", "a"})
        name: str | None = None

    rule = next(rule for rule in installed_rules() if rule.name == "floating-promise")
    page = document(type("Configurable", (type(rule),), {"Options": Options})())
    assert (
        """
## Options

`least-seconds` is how often is too often; `styles` are those that are fine.

```toml
[rules.floating-promise]
least-seconds = 60
styles = ["a", "b"]
# name = …
```
"""
        in page
    )
    assert "## Options" not in document(rule)


# --- suppressions ------------------------------------------------------------------------------------------


def test_a_suppressed_finding_is_counted_and_not_reported(project: Path) -> None:
    comment = "// biconvex: ignore[floating-promise] at once"
    (project / "convex" / "tasks.ts").write_text(BROKEN.replace("// now", comment))
    result = _call()
    assert (result.exit_code, _lines(result)) == (
        0,
        ["No findings: 1 file, 1 function", "Not reported: 1 suppressed by comments."],
    )


def test_a_suppression_is_needed_whatever_part_of_the_backend_is_asked_about(project: Path) -> None:
    comment = "// biconvex: ignore[floating-promise] at once"
    (project / "convex" / "tasks.ts").write_text(BROKEN.replace("// now", comment))
    (project / "convex" / "users.ts").write_text(FIXED)
    assert _lines(_call("convex/users.ts")) == ["No findings: 1 file, 1 function"]


def test_an_unused_suppression_is_removed_by_fix(project: Path) -> None:
    file = project / "convex" / "tasks.ts"
    file.write_text(FIXED.replace("// now", "// biconvex: ignore[floating-promise] at once"))
    assert _rules() == ["unused-suppression"]
    assert _call("--fix").exit_code == 0
    assert file.read_text() == FIXED.replace(" // now", "")


def test_a_suppression_in_markdown_is_followed(project: Path) -> None:
    code = BROKEN.replace("// now", "// biconvex: ignore[floating-promise]")
    (project / "page.md").write_text(f"```ts\n{code}```\n\n```ts\n{BROKEN}```\n")
    report = json.loads(_call("page.md", "--format", "json").stdout)
    assert [(finding["rule"], finding["line"]) for finding in report["findings"]] == [
        ("floating-promise", 16)
    ]


# --- fixes -------------------------------------------------------------------------------------------------


def test_fix_writes_the_safe_fixes_and_reports_what_is_left(project: Path) -> None:
    result = _call("--fix")
    assert (result.exit_code, _lines(result)) == (0, ["No findings: 1 file, 1 function", "Fixed 1 finding."])
    assert (project / "convex" / "tasks.ts").read_text() == FIXED
    assert sorted(path.name for path in (project / "convex").iterdir()) == ["tasks.ts"]


def test_a_second_fix_changes_nothing(project: Path) -> None:
    _call("--fix")
    file = project / "convex" / "tasks.ts"
    before = file.stat().st_mtime_ns
    assert _lines(_call("--fix")) == ["No findings: 1 file, 1 function"]
    assert file.stat().st_mtime_ns == before


def test_diff_shows_the_fixes_and_writes_nothing(project: Path) -> None:
    result = _call("--diff")
    assert (result.exit_code, result.stdout) == (1, DIFF)
    assert result.stderr == "Would fix 1 finding in 1 file; nothing was written.\n"
    assert (project / "convex" / "tasks.ts").read_text() == BROKEN
    assert _call("--fix", "--diff").stdout == DIFF
    assert (project / "convex" / "tasks.ts").read_text() == BROKEN


def test_git_applies_the_diff(project: Path) -> None:
    file = project / "convex" / "tasks.ts"
    file.write_bytes(BROKEN.rstrip("\n").replace("\n", "\r\n").encode())
    diff = CliRunner().invoke(main, ["lint", "--no-cache", "--diff"]).stdout_bytes
    subprocess.run(["git", "apply", "--unsafe-paths", "-"], input=diff, cwd=project, check=True, env={"GIT_DIR": "/dev/null"})  # fmt: skip
    assert file.read_bytes() == FIXED.rstrip("\n").replace("\n", "\r\n").encode()


def test_nothing_to_fix_is_an_empty_diff_and_exit_0(project: Path) -> None:
    (project / "convex" / "tasks.ts").write_text(FIXED)
    result = _call("--diff")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_text_on_stdin_is_not_fixed_but_its_diff_is_shown(project: Path) -> None:
    arguments = ("-", "--stdin-filename", "convex/tasks.ts")
    (project / "convex" / "tasks.ts").write_text(FIXED)
    assert _call(*arguments, "--diff", input=BROKEN).stdout == DIFF
    result = _call(*arguments, "--fix", input=BROKEN)
    assert (result.exit_code, result.output) == (
        2, "Error: a text on stdin can't be fixed in its place: --diff shows the fixes\n",
    )  # fmt: skip


def test_a_file_that_changes_while_it_is_fixed_is_left_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biconvex.cli import fixing

    file = project / "convex" / "tasks.ts"
    fix_in_rounds = fixing.fix_in_rounds

    def and_meanwhile(*arguments: object, **options: object) -> object:
        result = fix_in_rounds(*arguments, **options)  # type: ignore[arg-type]
        file.write_text("// mine\n")
        return result

    monkeypatch.setattr(fixing, "fix_in_rounds", and_meanwhile)
    result = _call("--fix")
    assert (result.exit_code, result.output) == (
        2,
        "Error: convex/tasks.ts: changed while it was being fixed; nothing was written: run it again\n",
    )
    assert file.read_text() == "// mine\n"


def test_a_file_that_can_not_be_written_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    result = _call("--fix")
    assert (result.exit_code, result.output) == (
        2,
        f"Error: {project}/convex/tasks.ts: can't be written, so nothing was fixed: Permission denied\n",
    )


# --- baseline ----------------------------------------------------------------------------------------------


def test_a_baseline_is_written_and_then_only_what_is_new_is_reported(project: Path) -> None:
    written = _call("--write-baseline")
    assert written.exit_code == 0
    assert written.output == (
        "Wrote 1 finding to biconvex-baseline.json.\nTo leave them out, put "
        '`baseline = "biconvex-baseline.json"` into the configuration, or pass --baseline.\n'
    )
    (project / "biconvex.toml").write_text('baseline = "biconvex-baseline.json"\n')
    (project / "convex" / "tasks.ts").write_text(f"// moved\n{BROKEN}")
    result = _call()
    assert (result.exit_code, _lines(result)) == (
        0,
        ["No findings: 1 file, 1 function", "Not reported: 1 in the baseline."],
    )
    (project / "convex" / "users.ts").write_text(BROKEN)
    assert _rules() == ["floating-promise"]


def test_a_baseline_with_what_is_fixed_says_so_until_it_is_written_again(project: Path) -> None:
    (project / "biconvex.toml").write_text('baseline = "known.json"\n')
    assert _call("--write-baseline").output == "Wrote 1 finding to known.json.\n"
    (project / "convex" / "tasks.ts").write_text(FIXED)
    assert _lines(_call())[1:] == [
        "The baseline has 1 finding too many: `--write-baseline` takes out what is fixed."
    ]
    assert _call("--write-baseline").output == "Wrote 0 findings to known.json.\n"
    assert _lines(_call()) == ["No findings: 1 file, 1 function"]


def test_what_is_in_the_baseline_is_not_fixed(project: Path) -> None:
    _call("--write-baseline", "known.json")
    _call("--baseline", "known.json", "--fix")
    assert (project / "convex" / "tasks.ts").read_text() == BROKEN


def test_a_folder_is_no_baseline(project: Path) -> None:
    result = _call("--write-baseline", "convex")
    assert (result.exit_code, result.output) == (
        2, "Error: convex is a folder: write --write-baseline=FILE, or the option behind the paths\n",
    )  # fmt: skip


# --- changes -----------------------------------------------------------------------------------------------


@pytest.fixture
def committed(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (project / ".git").rmdir()
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.com")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "all")):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    return project


def test_only_findings_in_changed_lines_are_reported_and_fixed(committed: Path) -> None:
    assert _rules("--changed-since", "HEAD") == []
    file = committed / "convex" / "tasks.ts"
    more = BROKEN.replace("  },\n", '    ctx.db.insert("log", {});\n  },\n')
    file.write_text(more)
    report = json.loads(_call("--changed-since", "HEAD", "--format", "json").stdout)
    assert [(finding["rule"], finding["line"]) for finding in report["findings"]] == [("floating-promise", 6)]
    _call("--changed-since", "HEAD", "--fix")
    assert file.read_text() == more.replace('    ctx.db.insert("log"', '    await ctx.db.insert("log"')


def test_a_revision_that_git_does_not_know_is_one_line(committed: Path) -> None:
    result = _call("--changed-since", "nowhere")
    assert (result.exit_code, result.output) == (
        2, f"Error: --changed-since nowhere: git knows no revision `nowhere` in {committed}\n",
    )  # fmt: skip


# --- one mistake in many places ----------------------------------------------------------------------------

UNNAMED = """\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const remove = mutation({
  args: { ids: v.array(v.id("tasks")), id: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, args) => {
    await ctx.db.delete(args.id);
    for (const id of args.ids) await ctx.db.delete(id); // biconvex: ignore[implicit-table] old
    await ctx.db.patch(args.id, { done: true });
  },
});
"""


def test_a_mistake_in_many_places_is_one_finding_and_each_of_them_in_strict(project: Path) -> None:
    (project / "package.json").write_text('{"dependencies": {"convex": "^1.31.0"}}')
    (project / "convex" / "tasks.ts").write_text(UNNAMED)

    def lines(*arguments: str) -> list[tuple[int, int]]:
        found = json.loads(_call("--format", "json", *arguments).stdout)["findings"]
        unnamed = [finding for finding in found if finding["rule"] == "implicit-table"]
        return [(finding["line"], len(finding["fix"]["edits"])) for finding in unnamed]

    assert lines() == [(7, 2)]
    assert lines("--preset", "strict") == lines("--select", "implicit-table") == [(7, 1), (9, 1)]
    assert _call("--write-baseline", "--select", "implicit-table").output.startswith("Wrote 2 findings")
    _call("--fix")
    assert (project / "convex" / "tasks.ts").read_text().count('"tasks", ') == 2
