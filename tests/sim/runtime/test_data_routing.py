"""Which files of a project are modules, in both languages (semantics §1.5, §14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from biconvex.sim import Deployment, FunctionError, ProjectError

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"
TEXTS = {
    "ts": (
        'import { queryGeneric } from "convex/server";\n'
        "export const f = queryGeneric({ args: {}, handler: async () => 1 });\n"
        "export default queryGeneric({ args: {}, handler: async () => 2 });\n"
    ),
    "py": (
        "from biconvex.sim.server import query\n"
        "@query(args={})\nasync def f(ctx, args): return 1\n"
        "@query(args={})\nasync def default(ctx, args): return 2\n"
    ),
}
Write = Callable[..., Path]


@pytest.fixture
def suffix(language: str) -> str:
    return {"typescript": "ts", "python": "py"}[language]


@pytest.fixture
def write(tmp_path: Path, suffix: str) -> Write:
    """Write files below the project: each a module, unless a text is given. `S` stands for the suffix."""
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    (tmp_path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)

    def write(*files: str, **texts: str) -> Path:
        contents = dict.fromkeys(files, TEXTS[suffix]) | {
            name.replace("__", "/").replace("_dot_", "."): text for name, text in texts.items()
        }
        for name, text in contents.items():
            file = tmp_path / name.replace(".S", f".{suffix}")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path

    return write


@pytest.fixture
def open_project() -> Iterator[Callable[[Path], Deployment]]:
    made: list[Deployment] = []

    def open_project(path: Path) -> Deployment:
        made.append(Deployment(path))
        return made[-1]

    yield open_project
    for deployment in made:
        deployment.close()


Open = Callable[[Path], Deployment]


def modules(convex: Deployment) -> list[str]:
    return sorted({function.path for function in convex.functions if function.name == "default"})


def test_modules_are_named_by_their_paths_without_suffix(write: Write, open_project: Open) -> None:
    convex = open_project(write("convex/a.S", "convex/b/c.S", "convex/b/d_1/e.S"))
    assert modules(convex) == ["a", "b/c", "b/d_1/e"]


def test_a_file_and_a_folder_may_share_a_name(write: Write, open_project: Open) -> None:
    convex = open_project(
        write("convex/messages.S", "convex/messages/access.S", "convex/messages/access/deep.S")
    )
    assert modules(convex) == ["messages", "messages/access", "messages/access/deep"]
    assert [convex.query(path) for path in ("messages:f", "messages/access:f")] == [1, 1]


def test_a_function_answers_to_every_spelling_of_its_path(write: Write, open_project: Open) -> None:
    convex = open_project(write("convex/b/c.S"))
    spellings = ["b/c:f", "b/c.js:f", "b/c:default", "b/c", "b/c.js"]
    assert [convex.query(path) for path in spellings] == [1, 1, 2, 2, 2]


def test_what_is_no_module_is_passed_over(write: Write, open_project: Open) -> None:
    convex = open_project(
        write(
            "convex/kept.S",
            "convex/_generated/api.S",
            "convex/a.test.S",
            "convex/a.b.S",
            "convex/.hidden.S",
            "convex/#saved.S",
            "convex/with space.S",
            "convex/deep/with space/m.S",
            "convex/deep/schema.S",
            "convex/README.md",
            "convex/data.json",
        )
    )
    assert modules(convex) == ["kept"]


def test_a_folder_that_is_called_generated_further_down_is_like_any_other(
    write: Write, open_project: Open
) -> None:
    assert modules(open_project(write("convex/a/_generated/m.S"))) == ["a/_generated/m"]


def test_the_folder_of_a_component_is_its_own(write: Write, open_project: Open) -> None:
    convex = open_project(
        write(
            "convex/m.S",
            "convex/parts/own.S",
            "convex/parts/deep/own.S",
            convex__parts__convex_dot_config_dot_ts="",
        )
    )
    assert modules(convex) == ["m"]


@pytest.mark.parametrize("name", ["my-file", "naïve", "___", "x" * 65])
def test_a_name_that_no_module_has_is_refused(write: Write, suffix: str, name: str) -> None:
    root = write(f"convex/{name}.S")
    with pytest.raises(ProjectError) as caught:
        Deployment(root)
    assert str(caught.value) == (
        f"{root}/convex/{name}.{suffix} can't be a module: path component {name} can only contain alphanumeric "
        "characters, underscores, or periods, at most 64 of them. Rename it."
    )


def test_a_name_of_64_characters_is_fine(write: Write, open_project: Open) -> None:
    assert modules(open_project(write(f"convex/{'x' * 64}.S"))) == ["x" * 64]


def test_a_hyphen_in_a_folder_is_refused_too(write: Write) -> None:
    with pytest.raises(ProjectError, match=r"path component my-folder can only contain alphanumeric"):
        Deployment(write("convex/my-folder/m.S"))


def test_the_folder_of_dependencies_is_reserved(write: Write, suffix: str) -> None:
    with pytest.raises(ProjectError) as caught:
        Deployment(write("convex/m.S", "convex/_deps/lib.S"))
    assert str(caught.value) == (
        f'The path "_deps/lib.{suffix}" is within the "_deps" directory, which is reserved for dependencies. '
        "Please move your code to another directory."
    )


def test_convex_json_names_the_functions_folder(write: Write, open_project: Open) -> None:
    root = write("src/functions/m.S", "convex/other.S", convex_dot_json='{"functions": "src/functions/"}')
    assert modules(open_project(root)) == ["m"]


def test_a_functions_folder_that_is_not_there_is_named(write: Write) -> None:
    root = write("convex/m.S", convex_dot_json='{"functions": "elsewhere"}')
    with pytest.raises(ProjectError) as caught:
        Deployment(root)
    assert (
        str(caught.value) == f'{root}/convex.json: "functions" names {root}/elsewhere, which is not a folder'
    )


def test_a_folder_without_modules_is_no_backend(write: Write) -> None:
    root = write("convex/a.test.S")
    with pytest.raises(ProjectError) as caught:
        Deployment(root)
    assert str(caught.value) == (
        f"{root}/convex has no Convex functions: no TypeScript, JavaScript or Python module was found in it"
    )


def test_two_languages_share_a_project_but_not_a_path(write: Write) -> None:
    with pytest.raises(ProjectError) as caught:
        Deployment(write(convex__m_dot_ts=TEXTS["ts"], convex__m_dot_py=TEXTS["py"]))
    assert str(caught.value) == (
        "Two files define the module 'm': convex/m.ts and convex/m.py. Rename one of them."
    )


def test_modules_of_both_languages_call_each_other(write: Write, open_project: Open) -> None:
    root = write(
        convex__a_dot_ts=(
            'import { queryGeneric, anyApi } from "convex/server";\n'
            "export const f = queryGeneric({ args: {}, handler: async (ctx) => 1 + (await ctx.runQuery(anyApi.b.g)) });\n"
        ),
        convex__b_dot_py=(
            "from biconvex.sim.server import api, query\n"
            "@query(args={})\nasync def g(ctx, args): return 1 + await ctx.run_query(api.a.h)\n"
        ),
    )
    (root / "convex" / "c.ts").write_text(TEXTS["ts"])
    (root / "convex" / "a.ts").write_text(
        (root / "convex" / "a.ts").read_text()
        + "export const h = queryGeneric({ args: {}, handler: async () => 1 });\n"
    )
    assert open_project(root).query("a:f") == 3


@pytest.mark.parametrize("path", ["missing:f", "m:missing", "m:g"])
def test_a_function_that_is_not_there_is_the_callers_mistake(
    write: Write, open_project: Open, path: str
) -> None:
    convex = open_project(write("convex/m.S"))
    with pytest.raises(FunctionError, match=rf"^Could not find public function for '{path}'\."):
        convex.query(path)
