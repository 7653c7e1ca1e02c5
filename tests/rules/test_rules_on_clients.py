"""What the rules about references say of client code, which is read with the project around a backend."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.engine import lint
from biconvex.rules.references.wrong_arguments import WrongArguments
from biconvex.rules.references.wrong_function_kind import WrongFunctionKind

TASKS = """
import { query, mutation } from "./_generated/server";
import { v } from "convex/values";
export const list = query({ args: { done: v.optional(v.boolean()) }, handler: async () => [] });
export const add = mutation({ args: { text: v.string() }, handler: async () => {} });
export const page = query({ args: { paginationOpts: paginationOptsValidator }, handler: async () => {} });
"""


def _findings(folder: Path, code: str) -> list[tuple[str, str]]:
    (folder / "convex").mkdir()
    (folder / "convex/tasks.ts").write_text(TASKS)
    (folder / "app.tsx").write_text(f'import {{ api }} from "./convex/_generated/api";\n{code}\n')
    found = lint([folder], folder, [WrongArguments(), WrongFunctionKind()]).findings
    return [(finding.rule, finding.message) for finding in found]


@pytest.mark.parametrize(
    "code",
    [
        "useQuery(api.tasks.list, {});",
        "useQuery(api.tasks.list);",
        'useQuery(api.tasks.list, "skip");',
        "useQuery(api.tasks.list, user ? { done: true } : 'skip');",
        "const add = useMutation(api.tasks.add); add({ text: 1 });",
        "usePaginatedQuery(api.tasks.page, {}, { initialNumItems: 5 });",
        'await client.mutation(api.tasks.add, { text: "a" });',
        'await fetchMutation(api.tasks.add, { text: "a" }, { token });',
        "useQuery(convexQuery(api.tasks.list, {}));",
        "anything(api.tasks.add);",
        "await expect(client.mutation(api.tasks.add, {} as never)).rejects.toThrow();",
    ],
)
def test_what_clients_may_do(tmp_path: Path, code: str) -> None:
    assert _findings(tmp_path, code) == []


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        (
            "useQuery(api.tasks.add, {text: ''});",
            (
                "wrong-function-kind",
                "`useQuery(…)` is for queries, and `api.tasks.add` is a mutation.",
            ),
        ),
        (
            "useMutation(api.tasks.list);",
            (
                "wrong-function-kind",
                "`useMutation(…)` is for mutations, and `api.tasks.list` is a query.",
            ),
        ),
        (
            "useQuery(api.tasks.list, { dune: true });",
            ("wrong-arguments", "`api.tasks.list` has no argument `dune`."),
        ),
        (
            "client.mutation(api.tasks.add);",
            ("wrong-arguments", "`api.tasks.add` needs the argument `text`, and gets none."),
        ),
        (
            "client.mutation(api.tasks.add, { text: 5 });",
            ("wrong-arguments", "The argument `text` of `api.tasks.add` takes a string, not a number."),
        ),
    ],
)
def test_what_clients_do_wrong(tmp_path: Path, code: str, finding: tuple[str, str]) -> None:
    assert _findings(tmp_path, code) == [finding]
