"""Which file an import means, and what a name in it is."""

from __future__ import annotations

import pytest
from backend_facts import calls, sources

HELPER = "export async function save(ctx) { await ctx.db.insert('t', {}); }"


def reached(files: dict[str, str], first: str) -> bool:
    """Whether the `save` that `first` imports and calls is found."""
    main = f"""
import {{ mutation }} from "./_generated/server";
{first}
export const f = mutation({{ args: {{}}, handler: async (ctx) => {{ await save(ctx); }} }});
"""
    return calls(sources({"a.ts": main, **files})) == ["db.insert mutation"]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("lib.ts", "./lib"),
        ("lib.tsx", "./lib"),
        ("lib.ts", "./lib.js"),
        ("lib.mts", "./lib.mjs"),
        ("lib.js", "./lib.js"),
        ("lib.jsx", "./lib"),
        ("lib.node.ts", "./lib.node"),
        ("lib/index.ts", "./lib"),
        ("lib/index.ts", "./lib/index"),
        ("lib/deep/x.ts", "./lib/deep/../deep/x"),
        ("../shared/x.ts", "../shared/x"),
    ],
)
def test_a_relative_import_finds_its_file(path: str, source: str):
    assert reached({path: HELPER}, f'import {{ save }} from "{source}";')


@pytest.mark.parametrize(
    "line",
    [
        'import { save } from "./lib";',
        'import { save as other } from "./lib"; const save = other;',
        'import * as lib from "./lib"; const { save } = lib;',
        'import { again as save } from "./barrel";',
        'import { save } from "./star";',
        'const { save } = require("./lib");',
        'import { all } from "./barrel"; const save = all.save;',
    ],
)
def test_a_name_is_followed_through_aliases_and_re_exports(line: str):
    files = {
        "lib.ts": HELPER,
        "barrel.ts": 'export { save as again } from "./lib"; import * as lib from "./lib"; export const all = lib;',
        "star.ts": 'export * from "./star"; export * from "./lib";',
    }
    assert reached(files, line)


def test_a_default_export_is_followed():
    files = {"lib.ts": "export default async function (ctx) { await ctx.db.insert('t', {}); }"}
    assert reached(files, 'import save from "./lib";')


def test_path_aliases_come_from_the_compiler_options():
    settings = """{
      // comments and trailing commas are allowed
      "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["./convex/*"], "exact": ["./convex/lib"],},},
    }"""
    files = {"lib.ts": HELPER, "../tsconfig.json": settings}
    assert reached(files, 'import { save } from "@/lib";')
    assert reached(files, 'import { save } from "exact";')
    assert reached(files, 'import { save } from "convex/lib";')
    assert not reached(files, 'import { save } from "~/lib";')


def test_generated_code_is_known_through_a_path_alias():
    backend = sources(
        {
            "../tsconfig.json": '{"compilerOptions": {"paths": {"@cvx/*": ["./convex/*"]}}}',
            "deep/a.ts": """
import { mutation } from "@cvx/_generated/server";
import { internal } from "@cvx/_generated/api";
export const f = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.deep.a.f, {}); } });
""",
        }
    )
    assert [(r.name, r.status) for r in backend.references] == [("internal.deep.a.f", "found")]


def test_generated_code_of_another_backend_is_not_ours():
    backend = sources(
        {
            "a.ts": """
import { mutation } from "./_generated/server";
import { internal } from "../other/convex/_generated/api";
export const f = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.a.nothing, {}); } });
"""
        }
    )
    assert backend.references == ()
    assert [call.reference for call in backend.schedule_calls] == [None]


@pytest.mark.parametrize(
    ("path", "line", "called"),
    [
        ("lib.py", "from .lib import save", "save"),
        ("lib.py", "from . import lib", "lib.save"),
        ("lib.py", "import lib", "lib.save"),
        ("lib.py", "from lib import save as keep", "keep"),
        ("lib.py", "from convex.lib import save", "save"),
        ("helpers/lib.py", "from .helpers import lib", "lib.save"),
        ("helpers/lib.py", "from .helpers.lib import save", "save"),
        ("helpers/__init__.py", "from .helpers import save", "save"),
    ],
)
def test_a_python_import_finds_its_file(path: str, line: str, called: str):
    backend = sources(
        {
            path: "async def save(ctx):\n    await ctx.db.insert('t', {})\n",
            "a.py": f"""
from biconvex.sim.server import mutation
{line}
@mutation(args={{}})
async def f(ctx, args):
    await {called}(ctx)
""",
        }
    )
    assert calls(backend) == ["db.insert mutation"]


def test_circular_imports_end():
    backend = sources(
        {
            "a.ts": 'import { b } from "./b"; export const a = b; export * from "./b";',
            "b.ts": 'import { a } from "./a"; export const b = a; export * from "./a";',
        }
    )
    assert sorted(backend.modules) == ["a", "b"]
    assert sorted(backend.modules["a"].exports) == ["a", "b"]


def test_exports_are_incomplete_after_a_star_from_out_of_sight():
    backend = sources(
        {"a.ts": 'export * from "a-package"; export const x = 1;', "b.ts": "export const y = 1;"}
    )
    assert {path: module.exports_complete for path, module in backend.modules.items()} == {
        "a": False,
        "b": True,
    }


def test_a_module_knows_what_it_imports():
    backend = sources(
        {
            "a.ts": """
import { x } from "./lib/b";
import type { T } from "./lib/b";
import { type U } from "./lib/b";
import fs from "node:fs";
export * from "./lib/b";
const later = require("./lib/b");
""",
            "lib/b.ts": "export const x = 1;",
            "c.py": "from .lib import d\nimport os\n",
            "lib/d.py": "x = 1\n",
        }
    )
    assert [(i.source, i.target, i.type_only) for i in backend.modules["a"].imports] == [
        ("./lib/b", "lib/b", False),
        ("./lib/b", "lib/b", True),
        ("./lib/b", "lib/b", True),
        ("node:fs", None, False),
        ("./lib/b", "lib/b", False),
        ("./lib/b", "lib/b", False),
    ]
    assert [(i.source, i.target) for i in backend.modules["c"].imports] == [("./lib", None), ("os", None)]


def test_an_import_prefers_the_file_of_its_own_language():
    backend = sources(
        {
            "lib.py": "async def save(ctx): await ctx.db.insert('t', {})\n",
            "lib.ts": "export async function save(ctx) { await ctx.db.delete(1); }",
            "a.ts": """
import { mutation } from "./_generated/server";
import { save } from "./lib";
export const f = mutation({ args: {}, handler: async (ctx) => { await save(ctx); } });
""",
            "b.py": """
from biconvex.sim.server import query
from .lib import save
@query(args={})
async def g(ctx, args): await save(ctx)
""",
        }
    )
    assert calls(backend) == ["db.insert query", "db.delete mutation"]
