"""The engine: the core loop alone, then whole runs over folders on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from biconvex.lint import engine
from biconvex.lint.analysis import build_from_sources
from biconvex.lint.engine import NoBackendError, check_backend, lint
from biconvex.lint.finding import Evidence, Finding, Severity
from biconvex.lint.model import Backend
from biconvex.lint.rule import Problem, Rule

TASKS = """\
import { query } from "./_generated/server";

export const list = query({ args: {}, handler: async (ctx) => ctx.db.query("tasks").take(10) });
"""

Check = Callable[[Backend], Iterator[Problem]]


def _rule(name: str, check: Check, severity: Severity = Severity.WARNING) -> Rule:
    attributes: dict[str, Any] = {"name": name, "theme": "toys", "severity": severity, "links": ()}
    attributes |= {"silent": (), "flagged": (), "check": lambda self, backend: check(backend)}
    rule: Rule = type("Toy", (Rule,), attributes)()
    return rule


def _each_function(backend: Backend) -> Iterator[Problem]:
    for function in backend.functions:
        yield Problem(function.place, f"Saw `{function.name}`.")


def _raises(backend: Backend) -> Iterator[Problem]:
    for function in backend.functions:
        raise LookupError(f"what is {function.name}?")
        yield Problem(function.place, "Never.")


SEE = _rule("see", _each_function)


def _checked(backend: Backend, *rules: Rule) -> list[Finding]:
    return list(check_backend(backend, rules, {}))


def _backend(tmp_path: Path, **files: str | bytes) -> Path:
    folder = tmp_path / "convex"
    folder.mkdir()
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def _told(findings: tuple[Finding, ...]) -> list[tuple[str, int, int, str, str, str]]:
    return [(f.path, f.line, f.column, f.severity.value, f.rule, f.message) for f in findings]


# --- the core loop -----------------------------------------------------------------------------------------


def test_a_problem_becomes_a_finding_at_its_place() -> None:
    def check(backend: Backend) -> Iterator[Problem]:
        function = backend.functions[0]
        yield Problem(function.place, "A fact.", "a remedy", ((function.registration, "a proof"),))

    assert _checked(build_from_sources({"tasks.ts": TASKS}), _rule("toy", check)) == [
        Finding(
            path="convex/tasks.ts",
            line=3,
            column=14,
            end_line=3,
            end_column=18,
            rule="toy",
            severity=Severity.WARNING,
            message="A fact.",
            help="a remedy",
            evidence=(Evidence("convex/tasks.ts", 3, 21, "a proof"),),
        )
    ]


def test_a_problem_may_have_a_severity_of_its_own() -> None:
    def check(backend: Backend) -> Iterator[Problem]:
        yield Problem(backend.functions[0].place, "Worse.", severity=Severity.ERROR)
        yield Problem(backend.functions[0].place, "As usual.")

    found = _checked(build_from_sources({"tasks.ts": TASKS}), _rule("toy", check))
    assert [finding.severity for finding in found] == [Severity.ERROR, Severity.WARNING]


def test_a_rule_that_raises_is_a_finding_where_it_looked_and_the_others_go_on() -> None:
    backend = build_from_sources({"tasks.ts": TASKS})
    broken, seen = _checked(backend, _rule("broken", _raises), SEE)
    assert (broken.rule, broken.severity, broken.path, broken.line, broken.column) == (
        "internal-error", Severity.ERROR, "convex/tasks.ts", 3, 14,
    )  # fmt: skip
    expected_line = _raises.__code__.co_firstlineno + 2
    assert broken.message == (
        "Internal error in rule broken, please report: LookupError: what is list? "
        f"(test_lint_engine.py:{expected_line})"
    )
    assert (
        broken.help
        == "please report this line with the code at this place; the rest of the backend was linted"
    )
    assert seen.message == "Saw `list`."


def test_what_a_rule_found_before_it_raised_is_kept() -> None:
    def check(backend: Backend) -> Iterator[Problem]:
        yield from _each_function(backend)
        yield from _raises(backend)

    found = _checked(build_from_sources({"tasks.ts": TASKS}), _rule("late", check))
    assert [finding.rule for finding in found] == ["late", "internal-error"]


def test_a_rule_that_raises_on_an_empty_backend_is_a_finding_about_the_folder() -> None:
    def check(backend: Backend) -> Iterator[Problem]:
        raise LookupError
        yield Problem(backend.functions[0].place, "Never.")

    backend = build_from_sources({})
    (found,) = _checked(backend, _rule("broken", check))
    assert (found.path, found.line, found.column) == (backend.root, 1, 1)


def test_the_time_of_every_rule_is_measured() -> None:
    seconds: dict[str, float] = {}
    list(check_backend(build_from_sources({"tasks.ts": TASKS}), [SEE, _rule("broken", _raises)], seconds))
    assert sorted(seconds) == ["broken", "see"]
    assert all(took > 0 for took in seconds.values())


# --- whole runs --------------------------------------------------------------------------------------------


def test_findings_of_all_backends_are_sorted_by_place(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name / "convex").mkdir(parents=True)
        (tmp_path / name / "convex" / "tasks.ts").write_text(TASKS)
    result = lint([tmp_path], tmp_path, [SEE, _rule("also", _each_function)])
    assert [(finding.path, finding.rule) for finding in result.findings] == [
        ("a/convex/tasks.ts", "also"),
        ("a/convex/tasks.ts", "see"),
        ("b/convex/tasks.ts", "also"),
        ("b/convex/tasks.ts", "see"),
    ]
    assert (result.backends, result.files, result.functions) == (2, 2, 2)
    assert sorted(result.sources) == ["a/convex/tasks.ts", "b/convex/tasks.ts"]


def test_a_folder_given_twice_is_linted_once(tmp_path: Path) -> None:
    folder = _backend(tmp_path, tasks__ts=TASKS)
    result = lint([folder, tmp_path, Path("convex")], tmp_path, [SEE])
    assert _told(result.findings) == [("convex/tasks.ts", 3, 14, "warning", "see", "Saw `list`.")]


def test_a_file_is_linted_with_its_backend_but_reported_alone(tmp_path: Path) -> None:
    folder = _backend(tmp_path, tasks__ts=TASKS, users__ts=TASKS)
    result = lint([folder / "users.ts"], tmp_path, [SEE])
    assert [finding.path for finding in result.findings] == ["convex/users.ts"]
    assert (result.files, result.functions) == (1, 1)


def test_paths_are_shown_from_the_working_directory(tmp_path: Path) -> None:
    folder = _backend(tmp_path, tasks__ts=TASKS)
    assert [finding.path for finding in lint([folder], folder, [SEE]).findings] == ["tasks.ts"]


def test_a_folder_without_functions_has_nothing_to_lint(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.ts").write_text("export const app = 1;\n")
    with pytest.raises(NoBackendError):
        lint([tmp_path], tmp_path, [SEE])


# --- files that can't be read ------------------------------------------------------------------------------


def test_a_file_that_does_not_parse_is_a_finding_and_the_others_go_on(tmp_path: Path) -> None:
    _backend(tmp_path, broken__ts="export const = 1 +;\n", tasks__ts=TASKS)
    findings = lint([tmp_path], tmp_path, [SEE]).findings
    assert [(f.path, f.line, f.rule, f.severity) for f in findings] == [
        ("convex/broken.ts", 1, "syntax-error", Severity.ERROR),
        ("convex/tasks.ts", 3, "see", Severity.WARNING),
    ]


def test_python_that_does_not_parse_is_a_finding_and_the_others_go_on(tmp_path: Path) -> None:
    _backend(tmp_path, broken__py="def f(:\n", tasks__ts=TASKS)
    broken, seen = _told(lint([tmp_path], tmp_path, [SEE]).findings)
    assert broken == (
        "convex/broken.py",
        1,
        7,
        "error",
        "syntax-error",
        "Python can't read this: invalid syntax.",
    )
    assert seen == ("convex/tasks.ts", 3, 14, "warning", "see", "Saw `list`.")


def test_a_file_that_is_not_utf_8_names_the_byte(tmp_path: Path) -> None:
    _backend(tmp_path, latin__ts=b"// fine\nconst a = 'caf\xe9';\n", tasks__ts=TASKS)
    assert _told(lint([tmp_path], tmp_path, [SEE]).findings) == [
        (
            "convex/latin.ts", 2, 15, "error", "unreadable-file",
            "This file isn't UTF-8 (byte 0xe9 here): save it as UTF-8.",
        ),
        ("convex/tasks.ts", 3, 14, "warning", "see", "Saw `list`."),
    ]  # fmt: skip


def test_a_null_byte_is_text_only_within_a_string_of_typescript(tmp_path: Path) -> None:
    quoted = TASKS.replace('"tasks"', '"\0tasks\0"')
    _backend(tmp_path, loose__ts=f"\0{TASKS}", python__py='a = "\0"\n', quoted__ts=quoted)
    message = "There is a null byte here: this isn't a text file, or a damaged one."
    assert _told(lint([tmp_path], tmp_path, [SEE]).findings) == [
        ("convex/loose.ts", 1, 1, "error", "unreadable-file", message),
        ("convex/python.py", 1, 6, "error", "unreadable-file", message),
        ("convex/quoted.ts", 3, 14, "warning", "see", "Saw `list`."),
    ]


def test_an_empty_file_is_a_finding_unless_it_marks_a_package(tmp_path: Path) -> None:
    _backend(tmp_path, empty__ts="\n", tasks__ts=TASKS)
    (tmp_path / "convex" / "__init__.py").write_text("")
    assert _told(lint([tmp_path], tmp_path, []).findings) == [
        (
            "convex/empty.ts", 1, 1, "warning", "empty-file",
            "This file is empty: nothing in it is deployed.",
        )
    ]  # fmt: skip


def test_a_file_that_may_not_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _backend(tmp_path, secret__ts=TASKS, tasks__ts=TASKS)
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "secret.ts":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert _told(lint([folder], tmp_path, []).findings) == [
        (
            "convex/secret.ts", 1, 1, "error", "unreadable-file",
            "This file can't be read: Permission denied.",
        )
    ]  # fmt: skip


def test_a_failure_of_the_analysis_is_a_finding_and_the_other_backends_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "convex").mkdir(parents=True)
        (tmp_path / name / "convex" / "tasks.ts").write_text(TASKS)
    build = engine.analysis.build

    def fail_on_a(folder: Any, parsed: Any, clients: Any) -> Backend:
        if folder.shown == "a/convex":
            raise RecursionError("too deep")
        return build(folder, parsed, clients)

    monkeypatch.setattr(engine.analysis, "build", fail_on_a)
    failed, seen = lint([tmp_path], tmp_path, [SEE]).findings
    assert (failed.path, failed.rule) == ("a/convex", "internal-error")
    assert failed.message.startswith(
        "Internal error in the analysis, please report: RecursionError: too deep ("
    )
    assert (seen.path, seen.rule) == ("b/convex/tasks.ts", "see")
