"""The graph of function references: functions, uses in the backend and by clients, and how they are printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from biconvex.lint.graph import Graph, build_graph
from biconvex.lint.graph.export import render_graph_dot, render_graph_json
from biconvex.lint.graph.text import render_graph_text

TASKS = """\
import { query, mutation, internalAction, internalMutation } from "./_generated/server";
import { api, internal, components } from "./_generated/api";
import { v } from "convex/values";
import { later } from "./lib/jobs";
export const list = query({ args: { owner: v.id("users"), done: v.optional(v.boolean()) }, handler: async () => [] });
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    await later(ctx);
    await ctx.runMutation(components.counter.lib.inc, {});
    await ctx.runMutation(internal.tasks.lost, {});
  },
});
export const notify = internalAction(async (ctx) => {
  await ctx.runQuery(api.tasks.list, { owner: "x" });
  return internal.tasks.clean;
});
export const clean = internalMutation({ args: {}, handler: async () => {} });
"""
JOBS = """\
import { internal } from "../_generated/api";
export async function later(ctx) {
  await ctx.scheduler.runAfter(0, internal.tasks.notify, {});
}
"""
CRONS = """\
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
crons.interval("clean up", { hours: 1 }, internal.tasks.clean, {});
export default crons;
"""
HTTP = """\
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/hook", method: "POST", handler: httpAction(async () => new Response(null)) });
export default http;
"""
APP = """\
import { useQuery } from "convex/react";
import { api } from "../convex/_generated/api";
export function App() {
  const tasks = useQuery(api.tasks.list, { owner: "x" });
  const add = useMutation(api.tasks.add);
  const gone = useQuery(api.tasks.gone);
  return <List more={api.tasks.list} />;
}
"""
FILES = {
    "package.json": "{}",
    "convex/tasks.ts": TASKS,
    "convex/lib/jobs.ts": JOBS,
    "convex/crons.ts": CRONS,
    "convex/http.ts": HTTP,
    "src/App.tsx": APP,
}


def _project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return build_graph([Path()], _project(tmp_path, FILES))


def _uses(graph: Graph) -> list[tuple[str, str, str | None, str, str | None]]:
    return [(edge.kind, edge.source, edge.via, edge.written, edge.target) for edge in graph.edges]


def test_functions_have_their_module_kind_visibility_and_arguments(graph: Graph) -> None:
    assert [(node.name, node.kind, node.visibility, node.args) for node in graph.functions] == [
        (None, "httpAction", "public", None),
        ("tasks:list", "query", "public", '{owner: Id<"users">, done?: boolean}'),
        ("tasks:add", "mutation", "public", "{}"),
        ("tasks:notify", "action", "internal", None),
        ("tasks:clean", "mutation", "internal", "{}"),
    ]


def test_uses_belong_to_the_functions_that_reach_them(graph: Graph) -> None:
    inside = [use for use in _uses(graph) if use[0] not in {"client", "cron", "route"}]
    assert inside == [
        (
            "schedule",
            "convex/tasks:add",
            "ctx.scheduler.runAfter",
            "internal.tasks.notify",
            "convex/tasks:notify",
        ),
        ("runMutation", "convex/tasks:add", "ctx.runMutation", "components.counter.lib.inc", None),
        ("runMutation", "convex/tasks:add", "ctx.runMutation", "internal.tasks.lost", None),
        ("runQuery", "convex/tasks:notify", "ctx.runQuery", "api.tasks.list", "convex/tasks:list"),
        ("reference", "convex/tasks:notify", None, "internal.tasks.clean", "convex/tasks:clean"),
    ]


def test_what_is_missing_is_told_from_what_is_unknown(graph: Graph) -> None:
    assert {edge.written: edge.status for edge in graph.edges if edge.target is None} == {
        "components.counter.lib.inc": "unknown",
        "internal.tasks.lost": "missing",
        "api.tasks.gone": "missing",
    }


def test_crons_and_routes_use_functions(graph: Graph) -> None:
    (inline,) = (node.id for node in graph.functions if node.name is None)
    assert [use for use in _uses(graph) if use[0] in {"cron", "route"}] == [
        ("cron", "cron clean up", "interval", "internal.tasks.clean", "convex/tasks:clean"),
        ("route", "route POST /hook", "POST", "handler", inline),
    ]


def test_clients_in_the_same_repository_use_functions(graph: Graph) -> None:
    assert [use[1:] for use in _uses(graph) if use[0] == "client"] == [
        ("src/App.tsx", "useQuery", "api.tasks.list", "convex/tasks:list"),
        ("src/App.tsx", "useMutation", "api.tasks.add", "convex/tasks:add"),
        ("src/App.tsx", "useQuery", "api.tasks.gone", None),
        ("src/App.tsx", None, "api.tasks.list", "convex/tasks:list"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "../convex/_generated/api.js",
        "@/convex/_generated/api",
        "~convex/_generated/api",
        "$lib/_generated/api",
    ],
)
def test_a_client_may_import_the_api_in_many_ways(tmp_path: Path, source: str) -> None:
    client = f'import {{ api as server }} from "{source}";\nuseQuery(server.tasks.list);\n'
    graph = build_graph([Path()], _project(tmp_path, FILES | {"src/App.tsx": client}))
    assert [use[1:] for use in _uses(graph) if use[0] == "client"] == [
        ("src/App.tsx", "useQuery", "api.tasks.list", "convex/tasks:list")
    ]


def test_an_api_that_is_somebody_elses_is_none_of_ours(tmp_path: Path) -> None:
    client = 'import { api } from "./rest";\napi.tasks.list();\n'
    graph = build_graph([Path()], _project(tmp_path, FILES | {"src/App.tsx": client}))
    assert [use for use in _uses(graph) if use[0] == "client"] == []


def test_python_clients_use_python_functions(tmp_path: Path) -> None:
    server = "from biconvex.sim.server import query\n\n@query(args={})\nasync def list(ctx, args):\n    return []\n"
    client = "from biconvex.sim.server import api\n\ndef test_it(convex):\n    convex.query(api.tasks.list)\n"
    files = {"pyproject.toml": "", "backend/tasks.py": server, "tests/test_it.py": client}
    graph = build_graph([Path()], _project(tmp_path, files))
    assert _uses(graph) == [
        ("client", "tests/test_it.py", "convex.query", "api.tasks.list", "backend/tasks:list")
    ]


def test_functions_of_a_component_in_the_repository_are_resolved(tmp_path: Path) -> None:
    files = {
        "package.json": "{}",
        "convex/convex.config.ts": """\
import { defineApp } from "convex/server";
import counter from "./counter/convex.config";
const app = defineApp();
app.use(counter, { name: "counter" });
export default app;
""",
        "convex/tasks.ts": TASKS,
        "convex/counter/convex.config.ts": """\
import { defineComponent } from "convex/server";
export default defineComponent("counter");
""",
        "convex/counter/lib.ts": """\
import { mutation } from "./_generated/server";
export const inc = mutation({ args: {}, handler: async () => null });
""",
    }
    graph = build_graph([Path()], _project(tmp_path, files))
    assert [(backend.root, backend.kind) for backend in graph.backends] == [
        ("convex", "app"),
        ("convex/counter", "component"),
    ]
    assert {edge.written: edge.target for edge in graph.edges}[
        "components.counter.lib.inc"
    ] == "convex/counter/lib:inc"


# --- printing ----------------------------------------------------------------------------------------------


def test_the_text_has_each_function_with_its_uses(graph: Graph) -> None:
    assert (
        render_graph_text(graph)
        == """\
convex (app)
  http
    public httpAction inline  convex/http.ts:4
  tasks
    public query list({owner: Id<"users">, done?: boolean})  convex/tasks.ts:5
    public mutation add({})  convex/tasks.ts:6
      schedules internal action tasks:notify (ctx.scheduler.runAfter)  convex/lib/jobs.ts:3:35
      runs components.counter.lib.inc: not resolved (ctx.runMutation)  convex/tasks.ts:10:27
      runs internal.tasks.lost: missing (ctx.runMutation)  convex/tasks.ts:11:27
    internal action notify(not declared)  convex/tasks.ts:14
      runs public query tasks:list (ctx.runQuery)  convex/tasks.ts:15:22
      refers to internal mutation tasks:clean  convex/tasks.ts:16:10
    internal mutation clean({})  convex/tasks.ts:18
cron clean up
  runs internal mutation tasks:clean (interval)  convex/crons.ts:4:42
route POST /hook
  served by public httpAction inline (POST)  convex/http.ts:4:1
src/App.tsx
  uses public query tasks:list (useQuery)  src/App.tsx:4:26
  uses public mutation tasks:add (useMutation)  src/App.tsx:5:27
  uses api.tasks.gone: missing (useQuery)  src/App.tsx:6:25
  uses public query tasks:list  src/App.tsx:7:22
5 functions, 11 uses, 3 not resolved.
"""
    )


def test_the_json_has_a_version_and_everything(graph: Graph) -> None:
    printed = json.loads(render_graph_json(graph))
    assert printed["version"] == 1
    assert printed["backends"] == [{"root": "convex", "kind": "app"}]
    assert printed["functions"][1] == {
        "id": "convex/tasks:list",
        "backend": "convex",
        "module": "tasks",
        "name": "tasks:list",
        "export": "list",
        "kind": "query",
        "visibility": "public",
        "args": '{owner: Id<"users">, done?: boolean}',
        "spot": {"path": "convex/tasks.ts", "line": 5, "column": 14},
    }
    assert len(printed["edges"]) == 11


def test_the_dot_has_modules_as_clusters_and_what_is_lost_in_red(graph: Graph) -> None:
    lines = render_graph_dot(graph).splitlines()
    assert lines[0] == "digraph biconvex {"
    assert lines[-1] == "}"
    for line in (
        '  subgraph "cluster_convex/tasks" {',
        '    "convex/tasks:notify" [label="notify", shape=hexagon, style=filled, fillcolor="#dddddd"];',
        '  "internal.tasks.lost" [color=red, shape=plaintext];',
        '  "cron clean up" -> "convex/tasks:clean" [label="interval", style=dashed];',
        '  "src/App.tsx" -> "convex/tasks:add" [label="useMutation", style=dotted];',
    ):
        assert line in lines


def test_the_graph_is_the_same_in_every_process(tmp_path: Path) -> None:
    _project(tmp_path, FILES)
    command = [sys.executable, "-m", "biconvex", "graph", "--format", "json"]
    outputs = {
        subprocess.run(
            command, cwd=tmp_path, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, timeout=60
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
