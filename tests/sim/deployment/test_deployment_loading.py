"""What is a backend, and what is said of one that can't be loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from biconvex.sim import Deployment, FunctionError, ProjectError, UsageError, api

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"

TYPESCRIPT = """
import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation } from "./_generated/server";
export const add = mutation({ args: { n: v.number() }, handler: async (ctx, args) => { await ctx.db.insert("numbers", args); } });
export const addAndSum = action({
  args: { n: v.number() },
  handler: async (ctx, args): Promise<number> => {
    await ctx.runMutation(api.numbers.add, args);
    return await ctx.runQuery(api.sums.total, {});
  },
});
"""
PYTHON = """
from biconvex.sim.server import query

@query(args={})
async def total(ctx, args):
    return sum([row["n"] async for row in ctx.db.query("numbers")])
"""
SCHEMA = """
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v
schema = define_schema({"numbers": define_table({"n": v.number()})})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    (tmp_path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "numbers.ts").write_text(TYPESCRIPT)
    (tmp_path / "convex" / "sums.py").write_text(PYTHON)
    (tmp_path / "convex" / "schema.py").write_text(SCHEMA)
    return tmp_path


def load_error(path: Path) -> str:
    with pytest.raises(ProjectError) as caught:
        Deployment(path)
    return str(caught.value)


def test_functions_in_both_languages_are_one_backend_and_call_each_other(project: Path) -> None:
    with Deployment(project) as convex:
        assert convex.action("numbers:addAndSum", {"n": 2}) == 2
        assert convex.action(api.numbers.addAndSum, {"n": 3}) == 5
        with pytest.raises(FunctionError, match="does not match the schema"):
            convex.db.insert("numbers", {"n": "three"})


@pytest.mark.parametrize("given", [".", "convex"])
def test_a_backend_is_the_folder_given_or_convex_in_it(project: Path, given: str) -> None:
    with Deployment(project / given) as convex:
        assert [function.path for function in convex.functions] == [
            "numbers:add",
            "numbers:addAndSum",
            "sums:total",
        ]


def test_a_backend_is_what_convex_json_names(project: Path) -> None:
    (project / "convex").rename(project / "backend")
    (project / "convex.json").write_text('{"functions": "backend/"}')
    with Deployment(project) as convex:
        assert convex.query("sums:total") == 0


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in load_error(tmp_path / "nowhere")


def test_a_folder_without_functions_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in load_error(tmp_path)


def test_a_project_without_its_packages_says_where_to_install_them(project: Path) -> None:
    (project / "node_modules").unlink()
    assert load_error(project).endswith(f": run `npm install` in {project}")


def test_two_files_of_one_module_are_refused(project: Path) -> None:
    (project / "convex" / "numbers.py").write_text(PYTHON)
    assert load_error(project) == (
        "Two files define the module 'numbers': convex/numbers.ts and convex/numbers.py. Rename one of them."
    )


def test_two_schemas_are_refused(project: Path) -> None:
    (project / "convex" / "schema.ts").write_text(
        'import { defineSchema } from "convex/server";\nexport default defineSchema({});\n'
    )
    assert "schema" in load_error(project)


def test_a_type_script_error_is_named_with_its_place(project: Path) -> None:
    (project / "convex" / "broken.ts").write_text("export const x = {\n  a: 1,\n  b: [,\n};\n")
    assert "convex/broken.ts:4:1: " in load_error(project)


def test_a_module_that_throws_while_it_loads_is_named(project: Path) -> None:
    (project / "convex" / "broken.ts").write_text('export const x = 1;\nthrow new Error("no key");\n')
    assert load_error(project).startswith("convex/broken.ts can't be loaded: Uncaught Error: no key\n")


def test_an_invalid_index_is_an_error_of_the_schema(project: Path) -> None:
    (project / "convex" / "schema.py").write_text(
        SCHEMA.replace('{"n": v.number()})', '{"n": v.number()}).index("by_n", ["m"])')
    )
    assert load_error(project).startswith("The schema in convex/schema.py is not valid: ")


def test_a_start_without_a_time_zone_is_refused(project: Path) -> None:
    from datetime import datetime

    with pytest.raises(UsageError, match="start must say its time zone"):
        Deployment(project, start=datetime(2026, 1, 1))


def test_a_project_may_be_reached_by_a_link(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to(project, target_is_directory=True)
    with Deployment(link) as convex:
        assert convex.action("numbers:addAndSum", {"n": 2}) == 2


def test_so_may_the_simulator_itself(project: Path) -> None:
    program = (
        f"from biconvex.sim import Deployment\nwith Deployment({str(project)!r}) as convex:\n"
        '    print(convex.action("numbers:addAndSum", {"n": 2}))'
    )
    links = Path(__file__).parents[3] / "typings"  # a package made of links
    environment = {**os.environ, "PYTHONPATH": str(links)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("2.0\n", "")


def test_without_node_the_remedy_is_one_line(project: Path) -> None:
    program = f"from biconvex.sim import Deployment\nDeployment({str(project)!r})"
    environment = {**os.environ, "PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith("Node.js isn't on PATH: install Node 20 or newer, or `pip install biconvex[node]`")
    )


def test_the_clock_moves_by_what_an_action_waits_for(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "import asyncio\nfrom biconvex.sim.server import action\n"
        "@action(args={})\nasync def nap(ctx, args):\n    await asyncio.sleep(90)\n"
    )
    with Deployment(tmp_path) as convex:
        before = convex.now
        convex.action("m:nap")
        assert convex.now - before == 90_000
