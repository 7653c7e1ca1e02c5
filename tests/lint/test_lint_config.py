"""Configurations: where one is found, which rules it chooses, and what is said about one that can't be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from annotated_types import Ge
from biconvex.lint.config import ConfigError, Configuration, Wishes, configure
from biconvex.lint.engine import lint
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.model import Backend
from biconvex.lint.rule import Problem, Rule


def _rule(rule_name: str, in_theme: str, level: Severity, **attributes: Any) -> Rule:
    def check(self: Rule, backend: Backend) -> Iterator[Problem]:
        for function in backend.functions:
            yield Problem(function.place, f"Saw `{function.name}`.")

    fields: dict[str, Any] = {"name": rule_name, "theme": in_theme, "severity": level, "links": ()}
    fields |= {"silent": (), "flagged": (), "check": check}
    rule: Rule = type("Toy", (Rule,), fields | attributes)()
    return rule


@dataclass(frozen=True)
class Often:
    """How often is too often."""

    least_seconds: Annotated[int, Ge(0)] = 60
    styles: tuple[str, ...] = ()


FLOATING = _rule("floating-promise", "promises", Severity.ERROR)
DROPPED = _rule("dropped-result", "promises", Severity.WARNING)
OFTEN = _rule("often", "crons", Severity.WARNING, Options=Often)
HINT = _rule("hint", "crons", Severity.INFO)
ASKED = _rule("index-name", "indexes", Severity.WARNING, presets=frozenset())
RULES = (DROPPED, FLOATING, HINT, ASKED, OFTEN)


def _write(folder: Path, text: str, name: str = "biconvex.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def _configured(tmp_path: Path, text: str = "", **wishes: Any) -> Configuration:
    _write(tmp_path, text)
    return configure(tmp_path, tmp_path, RULES, Wishes(**wishes))


def _ran(configuration: Configuration) -> list[str]:
    return [rule.name for rule in configuration.rules]


def _refused(tmp_path: Path, text: str, **wishes: Any) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        _configured(tmp_path, text, **wishes)
    return str(raised.value).splitlines()


# --- where it is -------------------------------------------------------------------------------------------


def test_the_nearest_file_upwards_holds_alone(tmp_path: Path) -> None:
    _write(tmp_path, 'preset = "strict"')
    near = _write(tmp_path / "app", 'select = ["often"]')
    (tmp_path / "app" / "convex").mkdir()
    configuration = configure(tmp_path / "app" / "convex", tmp_path, RULES)
    assert (configuration.file, _ran(configuration)) == (near, ["often"])


def test_a_pyproject_holds_only_if_it_has_our_table(tmp_path: Path) -> None:
    above = _write(tmp_path, '[tool.biconvex]\nselect = ["hint"]', "pyproject.toml")
    _write(tmp_path / "app", '[tool.ruff]\nselect = ["E"]', "pyproject.toml")
    configuration = configure(tmp_path / "app", tmp_path, RULES)
    assert (configuration.file, _ran(configuration)) == (above, ["hint"])


def test_a_file_of_our_own_goes_before_a_pyproject_beside_it(tmp_path: Path) -> None:
    _write(tmp_path, '[tool.biconvex]\nselect = ["hint"]', "pyproject.toml")
    assert _ran(_configured(tmp_path, 'select = ["often"]')) == ["often"]


def test_the_search_ends_at_the_root_of_the_repository(tmp_path: Path) -> None:
    _write(tmp_path, 'select = ["hint"]')
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert configure(tmp_path / "repository", tmp_path, RULES).file is None


def test_a_path_to_a_file_is_configured_by_the_folders_it_is_in(tmp_path: Path) -> None:
    _write(tmp_path, 'select = ["hint"]')
    file = _write(tmp_path / "convex", "", "tasks.ts")
    assert _ran(configure(file, tmp_path, RULES)) == ["hint"]


def test_a_file_may_be_named_or_left_alone(tmp_path: Path) -> None:
    other = _write(tmp_path / "elsewhere", 'select = ["often"]', "lint.toml")
    assert _ran(_configured(tmp_path, 'select = ["hint"]', file=other)) == ["often"]
    assert _ran(_configured(tmp_path, 'select = ["hint"]', search=False)) == [
        "dropped-result", "floating-promise", "often",
    ]  # fmt: skip


# --- which rules run ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "rules"),
    [
        ("starter", ["floating-promise"]),
        ("recommended", ["dropped-result", "floating-promise", "often"]),
        ("strict", ["dropped-result", "floating-promise", "hint", "often"]),
    ],
)
def test_a_preset_takes_rules_by_their_severity_unless_they_say_otherwise(
    tmp_path: Path, preset: str, rules: list[str]
) -> None:
    assert _ran(_configured(tmp_path, f'preset = "{preset}"')) == rules


def test_rules_and_themes_are_selected_instead_of_the_preset_or_besides(tmp_path: Path) -> None:
    assert _ran(_configured(tmp_path, 'select = ["promises", "hint"]')) == [
        "dropped-result", "floating-promise", "hint",
    ]  # fmt: skip
    assert _ran(_configured(tmp_path, 'preset = "starter"\nextend-select = ["indexes"]')) == [
        "floating-promise", "index-name",
    ]  # fmt: skip


def test_a_rule_is_stronger_than_its_theme(tmp_path: Path) -> None:
    assert _ran(_configured(tmp_path, 'select = ["floating-promise"]\nignore = ["promises"]')) == [
        "floating-promise"
    ]
    assert _ran(_configured(tmp_path, 'select = ["promises"]\nignore = ["dropped-result"]')) == [
        "floating-promise"
    ]


def test_at_the_same_level_what_is_ignored_does_not_run(tmp_path: Path) -> None:
    assert _ran(_configured(tmp_path, 'select = ["hint", "often"]\nignore = ["hint"]')) == ["often"]
    assert _ran(_configured(tmp_path, 'select = ["crons", "promises"]\nignore = ["promises"]')) == [
        "hint", "often",
    ]  # fmt: skip


def test_the_command_line_selects_instead_of_the_file_and_ignores_besides_it(tmp_path: Path) -> None:
    text = 'preset = "strict"\nignore = ["hint"]\nextend-select = ["index-name"]'
    assert _ran(_configured(tmp_path, text, select=("crons",))) == ["hint", "often"]
    assert _ran(_configured(tmp_path, text, preset="starter")) == ["floating-promise"]
    assert _ran(_configured(tmp_path, text, ignore=("promises",))) == ["index-name", "often"]


# --- what a rule is told -----------------------------------------------------------------------------------


def test_options_reach_the_rule_and_others_keep_their_defaults(tmp_path: Path) -> None:
    configuration = _configured(tmp_path, '[rules.often]\nleast-seconds = 5\nstyles = ["a", "b"]')
    (often,) = (rule for rule in configuration.rules if rule.name == "often")
    assert often.options == Often(least_seconds=5, styles=("a", "b"))
    assert OFTEN.options == Often()


def test_a_rule_may_be_given_another_severity(tmp_path: Path) -> None:
    text = '[rules.often]\nseverity = "error"\n[rules.empty-file]\nseverity = "info"'
    configuration = _configured(tmp_path, text)
    assert configuration.settings.severities == {"often": Severity.ERROR, "empty-file": Severity.INFO}


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('slect = ["often"]', "slect: there is no such option: did you mean `select`?"),
        (
            "zzz = 1",
            (
                "zzz: there is no such option: there are preset, select, extend-select, ignore, exclude, "
                "baseline, overrides, rules"
            ),
        ),
        (
            'extend_select = ["often"]',
            "extend_select: there is no such option: did you mean `extend-select`?",
        ),
        ('select = ["oftn"]', "select: there is no rule or theme `oftn`: did you mean `often`?"),
        (
            'extend-select = ["cron"]',
            "extend-select: there is no rule or theme `cron`: did you mean `crons`?",
        ),
        ('ignore = ["zzz"]', "ignore: there is no rule or theme `zzz`: `biconvex rules` lists them"),
        ('select = "often"', "select: input should be a valid list, not 'often'"),
        ("select = [1]", "select[0]: input should be a valid string, not 1"),
        ('preset = "hard"', "preset: input should be 'starter', 'recommended' or 'strict', not 'hard'"),
        ("[rules.oftn]", "rules.oftn: there is no rule `oftn`: did you mean `often`?"),
        (
            "[rules.often]\nleast-second = 1",
            "rules.often.least-second: the rule has no such option: did you mean `least-seconds`?",
        ),
        ("[rules.hint]\nleast = 1", "rules.hint.least: the rule has no such option: there is `severity`"),
        (
            '[rules.often]\nseverity = "warn"',
            "rules.often.severity: input should be 'error', 'warning' or 'info', not 'warn'",
        ),
        (
            "[rules.often]\nleast-seconds = -1",
            "rules.often.least-seconds: input should be greater than or equal to 0, not -1",
        ),
        ('[[overrides]]\npaths = ["a"]', "overrides[0].ignore: is missing"),
        (
            '[[overrides]]\npath = ["a"]\npaths = []\nignore = []',
            "overrides[0].path: there is no such option: did you mean `paths`?",
        ),
        (
            '[[overrides]]\npaths = ["a"]\nignore = ["hnt"]',
            "overrides[0].ignore: there is no rule or theme `hnt`: did you mean `hint`?",
        ),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, text: str, said: str) -> None:
    assert _refused(tmp_path, text) == [f"biconvex.toml: {said}"]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = 'select = ["oftn"]\nignore = ["hnt"]\n[rules.floating]\n'
    assert _refused(tmp_path, text) == [
        "biconvex.toml: select: there is no rule or theme `oftn`: did you mean `often`?",
        "biconvex.toml: ignore: there is no rule or theme `hnt`: did you mean `hint`?",
        "biconvex.toml: rules.floating: there is no rule `floating`: did you mean `floating-promise`?",
    ]


def test_a_mistake_in_a_pyproject_names_the_whole_key(tmp_path: Path) -> None:
    _write(tmp_path, "[tool.biconvex]\nslect = []", "pyproject.toml")
    with pytest.raises(ConfigError) as raised:
        configure(tmp_path, tmp_path, RULES)
    assert str(raised.value) == (
        "pyproject.toml: tool.biconvex.slect: there is no such option: did you mean `select`?"
    )


def test_a_name_on_the_command_line_is_checked_too(tmp_path: Path) -> None:
    assert _refused(tmp_path, "", select=("oftn",)) == [
        "--select: there is no rule or theme `oftn`: did you mean `often`?"
    ]
    assert _refused(tmp_path, "", ignore=("hnt",)) == [
        "--ignore: there is no rule or theme `hnt`: did you mean `hint`?"
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"select = [", "biconvex.toml: isn't TOML: Invalid value (at end of document)"),
        (b"preset = '\xe9'", "biconvex.toml: isn't UTF-8: save it as UTF-8"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "biconvex.toml").write_bytes(data)
    with pytest.raises(ConfigError) as raised:
        configure(tmp_path, tmp_path, RULES)
    assert str(raised.value) == said


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        configure(tmp_path, tmp_path, RULES, Wishes(file=tmp_path / "none.toml"))
    assert str(raised.value) == "none.toml: can't be read: No such file or directory"


def test_options_of_a_pack_that_can_not_be_validated_are_its_mistake(tmp_path: Path) -> None:
    class Strange:
        """Not a type that pydantic knows."""

    @dataclass(frozen=True)
    class Options:
        value: Strange | None = None

    Options.__annotations__["value"] = Strange
    rule = _rule("strange", "toys", Severity.ERROR, Options=Options)
    _write(tmp_path, "[rules.strange]\nvalue = 1")
    with pytest.raises(ConfigError) as raised:
        configure(tmp_path, tmp_path, (rule,))
    assert str(raised.value).startswith("biconvex.toml: rules.strange: the rule's `Options` can't be used: ")


# --- what becomes of findings ------------------------------------------------------------------------------

TASKS = """\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => 1 });
"""


def _linted(tmp_path: Path, text: str, **wishes: Any) -> list[Finding]:
    for name in ("tasks.ts", "old/tasks.ts", "made.ts"):
        code = TASKS.replace("./_gen", "../_gen") if "/" in name else TASKS
        _write((tmp_path / "app/convex" / name).parent, code, name.rpartition("/")[2])
    configuration = _configured(tmp_path, text, **wishes)
    result = lint([tmp_path], tmp_path, configuration.rules, settings=configuration.settings)
    return list(result.findings)


def _places(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.path.removeprefix("app/convex/"), finding.rule) for finding in findings]


def test_nothing_is_said_about_files_that_are_excluded(tmp_path: Path) -> None:
    assert _places(_linted(tmp_path, 'select = ["hint"]\nexclude = ["m*e.ts", "app/convex/old/"]')) == [
        ("tasks.ts", "hint")
    ]


def test_a_backend_that_is_excluded_is_no_mistake(tmp_path: Path) -> None:
    assert _linted(tmp_path, 'exclude = ["app"]') == []


def test_paths_are_those_of_the_file_wherever_the_command_runs(tmp_path: Path) -> None:
    _linted(tmp_path, 'select = ["hint"]\nexclude = ["app/convex/old/**", "/made.ts"]')
    folder = tmp_path / "app/convex"
    configuration = configure(folder, folder, RULES)
    result = lint([folder], folder, configuration.rules, settings=configuration.settings)
    assert _places(list(result.findings)) == [("made.ts", "hint"), ("tasks.ts", "hint")]


def test_rules_and_themes_are_ignored_in_some_files(tmp_path: Path) -> None:
    text = """\
preset = "strict"
[[overrides]]
paths = ["m*e.ts"]
ignore = ["crons", "floating-promise"]
[[overrides]]
paths = ["app/convex/old", "m*e.ts"]
ignore = ["dropped-result"]
"""
    assert _places(_linted(tmp_path, text)) == [
        ("old/tasks.ts", "floating-promise"), ("old/tasks.ts", "hint"), ("old/tasks.ts", "often"),
        ("tasks.ts", "dropped-result"), ("tasks.ts", "floating-promise"), ("tasks.ts", "hint"),
        ("tasks.ts", "often"),
    ]  # fmt: skip


def test_findings_have_the_severity_that_the_configuration_gives(tmp_path: Path) -> None:
    found = _linted(tmp_path, 'select = ["hint"]\n[rules.hint]\nseverity = "error"')
    assert {finding.severity for finding in found} == {Severity.ERROR}


def test_the_engines_own_findings_may_be_ignored(tmp_path: Path) -> None:
    _write(tmp_path / "app/convex", "\n", "empty.ts")
    assert _places(_linted(tmp_path, "select = []")) == [("empty.ts", "empty-file")]
    assert _linted(tmp_path, 'select = []\nignore = ["empty-file"]') == []
    assert _linted(tmp_path, "select = []", ignore=("empty-file",)) == []


def test_a_suppression_of_what_a_path_ignores_is_not_unused(tmp_path: Path) -> None:
    _linted(tmp_path, 'select = ["hint"]\n[[overrides]]\npaths = ["app/convex/old"]\nignore = ["hint"]')
    code = "// biconvex: ignore-file[hint]\n" + TASKS.replace("./_gen", "../_gen")
    _write(tmp_path / "app/convex/old", code, "tasks.ts")
    configuration = configure(tmp_path, tmp_path, RULES)
    result = lint([tmp_path], tmp_path, configuration.rules, settings=configuration.settings)
    assert _places(list(result.findings)) == [("made.ts", "hint"), ("tasks.ts", "hint")]


def test_without_a_configuration_pydantic_is_not_loaded(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from biconvex.lint.config import configure; "
        "configure(Path('/'), Path('/'), ()); print('pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"
