"""What the rules find doesn't depend on where they are called from."""

from __future__ import annotations

from pathlib import Path

import biconvex.rules
import pytest
from biconvex.lint.engine import lint
from biconvex.lint.plugins import load_rules

RULES = load_rules([("builtin", biconvex.rules)])
FILES = {
    "package.json": '{"dependencies": {"convex": "^1.31.0"}}',
    "convex/tasks.ts": """\
import { query, mutation } from "./_generated/server";
import { api } from "./_generated/api";
import { v } from "convex/values";
const forgotten = mutation({ args: {}, handler: async () => {} });
export const list = query({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => [await ctx.db.get(args.id), Date.now()],
});
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    ctx.scheduler.runAfter(0, api.tasks.remove, {});
  },
});
""",
    "convex/tasks.old.ts": """\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async () => [] });
""",
    "src/App.tsx": """\
import { api } from "../convex/_generated/api";
const tasks = useQuery(api.tasks.every, {});
""",
}
FOUND = {
    ("src/App.tsx", 2, "missing-function"),
    ("convex/tasks.old.ts", 2, "undeployed-function"),
    ("convex/tasks.ts", 4, "undeployed-function"),
    ("convex/tasks.ts", 7, "clock-in-query"),
    ("convex/tasks.ts", 7, "implicit-table"),
    ("convex/tasks.ts", 12, "floating-promise"),
    ("convex/tasks.ts", 12, "missing-function"),
}


def _places(project: Path, cwd: Path) -> set[tuple[str, int, str]]:
    findings = lint([project], cwd.resolve(), RULES).findings
    return {
        ((cwd / each.path).resolve().relative_to(project.resolve()).as_posix(), each.line, each.rule)
        for each in findings
    }


@pytest.mark.parametrize("start", ["convex", "src", "../elsewhere"])
def test_the_working_directory_changes_paths_alone(tmp_path: Path, start: str) -> None:
    project = tmp_path / "project"
    for path, text in FILES.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    (project / start).mkdir(exist_ok=True)
    found = _places(project, project)
    assert found >= FOUND
    assert _places(project, project / start) == found
