"""The code of backends in Python is compiled once, also that of modules which others import."""

from __future__ import annotations

import builtins
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, ProjectError

MODULES = {
    "posts.py": """
from biconvex.sim.server import query
from .lib.texts import slug

@query(args={})
async def title(ctx, args):
    return slug("Hello World")
""",
    "lib/texts.py": """
from .marks import DASH

def slug(text):
    return text.lower().replace(" ", DASH)
""",
    "lib/marks.py": 'DASH = "-"\n',
}


@pytest.fixture
def backend(tmp_path: Path) -> Path:
    for name, text in MODULES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch, backend: Path) -> Counter[str]:
    """How often each file of the backend is compiled from now on."""
    counted: Counter[str] = Counter()

    def count(source: Any, filename: Any, *args: Any, **named: Any) -> Any:
        path = Path(os.fsdecode(filename))
        if path.is_relative_to(backend):
            counted[path.relative_to(backend).as_posix()] += 1
        return compile_(source, filename, *args, **named)

    compile_ = builtins.compile
    monkeypatch.setattr(builtins, "compile", count)
    return counted


def title(backend: Path) -> Any:
    with Deployment(backend) as convex:
        return convex.query("posts:title")


def test_each_file_is_compiled_once_for_all_deployments(backend: Path, compilations: Counter[str]) -> None:
    assert [title(backend) for _ in range(3)] == ["hello-world"] * 3
    assert compilations == dict.fromkeys(MODULES, 1)


def test_a_fresh_context_compiles_nothing(backend: Path, compilations: Counter[str]) -> None:
    with Deployment(backend, faults={"fresh_isolate": 1}) as convex:
        assert [convex.query("posts:title") for _ in range(3)] == ["hello-world"] * 3
    assert compilations == dict.fromkeys(MODULES, 1)


def test_a_file_that_has_changed_is_compiled_again(backend: Path, compilations: Counter[str]) -> None:
    title(backend)
    (backend / "lib" / "marks.py").write_text('DASH = "__"\n')
    assert title(backend) == "hello__world"
    assert compilations == dict.fromkeys(MODULES, 1) | {"lib/marks.py": 2}


def test_nothing_is_written_beside_the_source(backend: Path) -> None:
    title(backend)
    files = {path.relative_to(backend).as_posix() for path in backend.rglob("*") if path.is_file()}
    assert files == set(MODULES)


def test_packages_are_found_by_python_itself(backend: Path) -> None:
    (backend / "lib" / "texts.py").write_text(MODULES["lib/texts.py"].replace(".marks", "..marks"))
    (backend / "marks").mkdir()
    (backend / "marks" / "__init__.py").write_text('DASH = "+"\n')
    assert title(backend) == "hello+world"


def test_a_module_with_a_folder_of_its_name_imports_both_from_beside_it_and_from_below(backend: Path) -> None:
    (backend / "lib.py").write_text(
        "from .other import WORD\nfrom .lib.texts import slug\n\ndef shout():\n    return slug(WORD).upper()\n"
    )
    (backend / "other.py").write_text('WORD = "good day"\n')
    (backend / "posts.py").write_text(
        MODULES["posts.py"]
        .replace(".lib.texts import slug", ".lib import shout")
        .replace('slug("Hello World")', "shout()")
    )
    assert title(backend) == "GOOD-DAY"


def test_a_module_knows_its_file(backend: Path) -> None:
    (backend / "lib" / "marks.py").write_text("DASH = __file__\n")
    assert title(backend) == f"hello{backend / 'lib' / 'marks.py'}world"


def test_a_mistake_in_an_imported_module_is_shown_where_it_is(backend: Path) -> None:
    (backend / "lib" / "marks.py").write_text("DASH = (\n")
    with pytest.raises(ProjectError) as caught:
        title(backend)
    assert str(caught.value) == f"{backend.name}/lib/marks.py:1:8: '(' was never closed"
