"""Client code: which of it is read, what it calls, and that what is wrong with it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from backend_facts import text_of
from biconvex.lint.analysis import build
from biconvex.lint.engine import lint
from biconvex.lint.model import Backend
from biconvex.lint.parse import parse
from biconvex.lint.project import discover
from biconvex.lint.reading import Desk, read_folder
from biconvex.lint.source import SourceFile
from biconvex.rules.references.missing_function import MissingFunction

TASKS = """
import { query, mutation } from "./_generated/server";
import { v } from "convex/values";
export const list = query({ args: {}, handler: async () => [] });
export const add = mutation({ args: { text: v.string() }, handler: async () => {} });
"""
APP = """
import { api } from "../convex/_generated/api";
import { useMutation, useQuery } from "convex/react";
export function App() {
  const tasks = useQuery(api.tasks.list, {});
  const add = useMutation(api.tasks.add);
  const gone = useQuery(api.tasks.gone, "skip");
  return <button onClick={() => client.mutation(api.tasks.add, { text: "a" })} />;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text("{}")
    for name, text in {"convex/tasks.ts": TASKS, "src/App.tsx": APP}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def _backend(project: Path, client: str, path: str = "src/App.tsx") -> Backend:
    (folder,) = discover([project], project)
    parsed = parse(SourceFile(path, "typescript", client.encode()))
    return build(folder, read_folder(folder, Desk(project)).parsed, [parsed])


def test_what_client_code_calls(project: Path) -> None:
    calls = _backend(project, APP).client_calls
    assert [
        (call.name, call.operation, call.reference.name, call.reference.status, call.passes_arguments)
        for call in calls
    ] == [
        ("useQuery", "query", "api.tasks.list", "found", True),
        ("useMutation", "mutation", "api.tasks.add", "found", False),
        ("useQuery", "query", "api.tasks.gone", "missing", True),
        ("mutation", "mutation", "api.tasks.add", "found", True),
    ]
    assert text_of(calls[0].place) == "useQuery(api.tasks.list, {})"


@pytest.mark.parametrize(
    "source", ["../other/convex/_generated/api", "@acme/backend/_generated/api", "./_generated/api"]
)
def test_the_api_of_another_backend_is_not_this_one(project: Path, source: str) -> None:
    backend = _backend(project, APP.replace("../convex/_generated/api", source))
    assert backend.client_calls == ()
    assert backend.references == ()


def test_an_alias_of_the_project_leads_to_it(project: Path) -> None:
    (project / "tsconfig.json").write_text('{"compilerOptions": {"paths": {"@/*": ["./*"]}}}')
    backend = _backend(project, APP.replace("../convex/_generated/api", "@/convex/_generated/api"))
    assert len(backend.client_calls) == 4


def test_an_alias_holds_in_its_own_package_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        for path, text in {
            "package.json": "{}",
            "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}',
            "convex/tasks.ts": TASKS.replace("list", name),
            "src/App.tsx": APP.replace("../convex", "@/convex").replace("list", name),
        }.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
    found = lint([tmp_path], tmp_path, [MissingFunction()]).findings
    assert [(finding.path, finding.line) for finding in found] == [
        ("one/src/App.tsx", 7), ("two/src/App.tsx", 7),
    ]  # fmt: skip


def test_client_code_is_read_when_the_project_is_linted(project: Path) -> None:
    found = lint([project], project, [MissingFunction()]).findings
    assert [(finding.path, finding.line, finding.rule) for finding in found] == [
        ("src/App.tsx", 7, "missing-function")
    ]


def test_client_code_is_not_read_when_the_backend_alone_is_linted(project: Path) -> None:
    result = lint([project / "convex"], project, [MissingFunction()])
    assert result.findings == ()
    assert set(result.sources) == {"convex/tasks.ts"}


def test_a_comment_in_client_code_suppresses_a_finding(project: Path) -> None:
    line = "  // biconvex: ignore[missing-function] on its way\n  const gone"
    (project / "src/App.tsx").write_text(APP.replace("  const gone", line))
    assert lint([project], project, [MissingFunction()]).findings == ()


def test_client_code_that_does_not_parse_is_left_alone(project: Path) -> None:
    (project / "src/App.tsx").write_text(APP + "\nfunction {{{")
    assert lint([project], project, [MissingFunction()]).findings == ()
