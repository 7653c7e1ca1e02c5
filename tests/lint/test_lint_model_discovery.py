"""Which folders are backends, and which files belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from biconvex.lint.analysis import build
from biconvex.lint.parse import parse
from biconvex.lint.project import discover, imported_files, language_of, shown_path
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from biconvex.lint.model import Backend
    from biconvex.lint.parsed import ParsedFile

QUERY = 'import { query } from "./_generated/server";\nexport const f = query({ args: {}, handler: async () => 1 });\n'
PYTHON = "from biconvex.sim.server import query\n@query(args={})\nasync def f(ctx, args): ...\n"


def write(root: Path, *paths: str, **texts: str) -> None:
    """Write files: TypeScript or Python functions, or what `texts` has for a file's name without its suffix."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        default = PYTHON if path.endswith(".py") else QUERY
        file.write_text(texts.get(file.name.partition(".")[0], default), encoding="utf-8")


def found(root: Path, *paths: str) -> list[str]:
    return [
        f"{folder.kind} {folder.shown}" for folder in discover([root / path for path in paths or ["."]], root)
    ]


def test_folders_named_convex_with_functions_are_backends(tmp_path: Path):
    write(
        tmp_path,
        "convex/a.ts",
        "packages/web/convex/deep/b.ts",
        "docs/convex/readme.md",
        "src/c.ts",
        b="nothing",
    )
    write(tmp_path, "packages/web/convex/deep/b.ts", b='import { query } from "../_generated/server";')
    assert found(tmp_path) == ["app convex", "app packages/web/convex"]


def test_a_folder_named_convex_that_only_mentions_functions_is_none(tmp_path: Path):
    write(tmp_path, "convex/a.ts", a='const text = `import { query } from "./_generated/server"`;')
    write(tmp_path, "other/convex/src/b.ts", b='import { query } from "../../app/_generated/server";')
    assert found(tmp_path) == []


def test_convex_json_names_the_folder(tmp_path: Path):
    write(tmp_path, "convex.json", "src/backend/a.ts", convex='{ "functions": "src/backend/", /* so */ }')
    assert found(tmp_path) == ["app src/backend"]
    assert found(tmp_path, "src/backend") == ["app src/backend"]
    assert found(tmp_path, "src/backend/a.ts") == ["app src/backend"]


@pytest.mark.parametrize("functions", ['"../outside"', '"/etc"', "1", '"missing"'])
def test_convex_json_can_not_lead_elsewhere(tmp_path: Path, functions: str):
    write(tmp_path, "outside/a.ts", "project/convex.json", convex=f'{{ "functions": {functions} }}')
    assert found(tmp_path, "project") == []


def test_components_are_backends_of_their_own(tmp_path: Path):
    config = 'import { defineComponent } from "convex/server";\nexport default defineComponent("x");'
    write(tmp_path, "convex/a.ts", "convex/inner/b.ts")
    write(tmp_path, "convex/inner/convex.config.ts", "src/component/convex.config.ts", convex=config)
    write(
        tmp_path,
        "convex/convex.config.ts",
        convex='import { defineApp } from "convex/server";\nexport default defineApp();',
    )
    assert found(tmp_path) == ["app convex", "component convex/inner", "component src/component"]
    files = [path.relative_to(tmp_path).as_posix() for path in discover([tmp_path], tmp_path)[0].files]
    assert files == ["convex/a.ts", "convex/convex.config.ts"]


def test_python_modules_with_functions_are_a_backend(tmp_path: Path):
    write(tmp_path, "app/functions/a.py", "app/functions/more/b.py", "app/tests/test_c.py")
    write(tmp_path, "app/client.py", client="from biconvex.sim.server import api\n")
    write(tmp_path, "app/words.py", words='TEXT = """\nfrom biconvex.sim.server import query\n"""\n')
    assert found(tmp_path) == ["app app/functions"]
    assert found(tmp_path, "app/functions/more/b.py") == ["app app/functions"]


def test_a_given_functions_folder_or_file_selects(tmp_path: Path):
    write(tmp_path, "package.json", "convex/a.ts", "convex/lib/b.ts")
    (whole,) = discover([tmp_path / "convex"], tmp_path)
    assert whole.selected == ()
    (part,) = discover([tmp_path / "convex/lib", tmp_path / "convex/a.ts"], tmp_path)
    assert part.root == whole.root
    assert [path.relative_to(part.root).as_posix() for path in part.selected] == ["a.ts", "lib"]
    (all_of_it,) = discover([tmp_path / "convex/a.ts", tmp_path], tmp_path)
    assert all_of_it.selected == ()


def test_every_kind_of_source_file_is_read_and_nothing_else(tmp_path: Path):
    names = ["a.ts", "b.tsx", "c.js", "d.jsx", "e.mts", "f.cts", "g.mjs", "h.cjs", "i.py"]
    write(tmp_path, *(f"convex/{name}" for name in names))
    write(tmp_path, "convex/x.d.ts", "convex/y.json", "convex/_generated/api.js", "convex/node_modules/z.ts")
    write(tmp_path, "convex/.hidden/w.ts", "convex/lib/k.ts")
    (folder,) = discover([tmp_path], tmp_path)
    assert [path.relative_to(folder.root).as_posix() for path in folder.files] == [*names, "lib/k.ts"]
    assert [language_of(path) for path in folder.files[-3:]] == ["typescript", "python", "typescript"]


def test_links_that_lead_outside_or_round_in_a_circle_are_not_followed(tmp_path: Path):
    write(tmp_path, "project/convex/a.ts", "secret/s.ts")
    convex = tmp_path / "project/convex"
    (convex / "loop").symlink_to(convex, target_is_directory=True)
    (convex / "out").symlink_to(tmp_path / "secret", target_is_directory=True)
    (convex / "s.ts").symlink_to(tmp_path / "secret/s.ts")
    (convex / "again.ts").symlink_to(convex / "a.ts")
    (folder,) = discover([tmp_path / "project"], tmp_path)
    assert [path.name for path in folder.files] == ["a.ts", "again.ts"]


def test_what_is_not_there_is_no_backend(tmp_path: Path):
    assert discover([tmp_path / "missing"], tmp_path) == []
    assert discover([tmp_path], tmp_path) == []


def test_aliases_come_from_the_nearest_settings_that_have_some(tmp_path: Path):
    write(tmp_path, "package.json", "src/convex/a.ts")
    write(tmp_path, "src/convex/tsconfig.json", tsconfig='{ "compilerOptions": { "strict": true } }')
    write(tmp_path, "base.json", base='{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }')
    write(tmp_path, "tsconfig.json", tsconfig='{ "extends": "./base" }')
    (folder,) = discover([tmp_path], tmp_path)
    assert folder.aliases == (("@/*", ("../*",)),)


def test_settings_that_extend_each_other_end(tmp_path: Path):
    write(tmp_path, "package.json", "convex/a.ts")
    write(tmp_path, "tsconfig.json", tsconfig='{ "extends": "./other.json" }')
    write(tmp_path, "other.json", other='{ "extends": "./tsconfig.json" }')
    (folder,) = discover([tmp_path], tmp_path)
    assert folder.aliases == ()


def built(folder_of: Path, cwd: Path, skip: str = "") -> Backend:
    (folder,) = discover([folder_of], cwd)
    parsed = [
        parse(SourceFile(shown_path(path, cwd), language_of(path), path.read_bytes()))
        for path in folder.files
        if path.name != skip
    ]
    return build(folder, parsed)


def test_a_discovered_folder_is_built(tmp_path: Path):
    write(tmp_path, "app/convex/a.ts", "app/convex/lib/b.ts")
    backend = built(tmp_path, tmp_path)
    assert (backend.root, sorted(backend.modules)) == ("app/convex", ["a", "lib/b"])
    assert [f.reference for f in backend.functions] == ["a:f", "lib/b:f"]


def test_a_file_that_could_not_be_read_makes_references_to_it_unknown(tmp_path: Path):
    write(tmp_path, "convex/b.ts")
    write(
        tmp_path,
        "convex/a.ts",
        a='import { api } from "./_generated/api";\nexport const r = [api.b.f, api.b.g, api.c.f];',
    )
    backend = built(tmp_path, tmp_path, skip="b.ts")
    assert [(r.name, r.status) for r in backend.references] == [
        ("api.b.f", "unknown"),
        ("api.b.g", "unknown"),
        ("api.c.f", "missing"),
    ]


def test_a_backend_above_the_working_directory_is_shown_by_a_relative_path(tmp_path: Path):
    write(tmp_path, "convex/a.ts", "elsewhere/x.txt")
    (folder,) = discover([tmp_path / "convex"], tmp_path / "elsewhere")
    assert folder.shown == "../convex"


def test_files_of_the_project_that_a_backend_imports_take_part(tmp_path: Path):
    write(tmp_path, "package.json", package="{}")
    write(
        tmp_path,
        "convex/a.ts",
        a="""
import { mutation } from "./_generated/server";
import { save } from "../src/lib/save.js";
import type { T } from "../src/types";
import { other } from "@/other";
import { x } from "../../elsewhere/x";
import { y } from "../node_modules/y";
import { inner } from "./inner";
export const f = mutation({ args: {}, handler: async (ctx) => { await save(ctx); } });
""",
    )
    write(
        tmp_path, "convex/inner.ts", "src/types.ts", "src/other/index.tsx", "node_modules/y.ts", "src/deep.ts"
    )
    write(
        tmp_path,
        "src/lib/save.ts",
        save='export * from "../deep";\nexport async function save(ctx) { await ctx.db.get(1); }',
    )
    write(tmp_path, "tsconfig.json", tsconfig='{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}')
    write(tmp_path.parent / "elsewhere", "x.ts")
    (folder,) = discover([tmp_path], tmp_path)

    def read(paths: tuple[Path, ...]) -> list[ParsedFile]:
        return [parse(SourceFile(shown_path(p, tmp_path), language_of(p), p.read_bytes())) for p in paths]

    files = read(folder.files)
    first = imported_files(folder, files, tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in first] == [
        "src/lib/save.ts",
        "src/other/index.tsx",
    ]
    files += read(first)
    second = imported_files(folder, files, tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in second] == ["src/deep.ts"]
    files += read(second)
    assert imported_files(folder, files, tmp_path) == ()
    backend = build(folder, files)
    assert [(call.place.source.path, call.kinds) for call in backend.ctx_calls] == [
        ("src/lib/save.ts", {"mutation"})
    ]
    assert [f.reference for f in backend.functions if f.reference] == ["a:f", "inner:f"]


@pytest.mark.parametrize("name", ["a.test.ts", "a.spec.tsx", "test_a.py", "a_test.py", "conftest.py"])
def test_tests_are_no_part_of_a_backend_unless_they_are_asked_for(tmp_path: Path, name: str):
    write(tmp_path, "convex/a.ts", f"convex/{name}")
    (folder,) = discover([tmp_path], tmp_path)
    assert [path.name for path in folder.files] == ["a.ts"]
    (folder,) = discover([tmp_path / "convex" / name], tmp_path)
    assert sorted(path.name for path in folder.files) == sorted(["a.ts", name])
