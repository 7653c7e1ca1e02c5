"""Backends for the simulator's tests: the same behaviour, written in TypeScript and in Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from biconvex.sim import Deployment

PACKAGES = Path(__file__).parent.parent / "packages" / "node_modules"
Sources = str | Mapping[str, str]
MakeBackend = Callable[..., Deployment]

_HEADERS = {
    "typescript": (
        'import {{ v, ConvexError }} from "convex/values";\n'
        'import {{ api, internal }} from "{up}_generated/api";\n'
        "import {{ query, mutation, action, internalQuery, internalMutation, internalAction }}"
        ' from "{up}_generated/server";\n'
    ),
    "python": (
        "import asyncio\n"
        "from biconvex.sim.server import *\n"
        "from biconvex.sim.values import v, ConvexError, Int64, UNDEFINED\n"
    ),
}
_SUFFIX = {"typescript": "ts", "python": "py"}


def write_backend(root: Path, language: str, sources: Sources) -> Path:
    """Write a project: one text is the module `m`, a mapping has a text for each module path."""
    if not PACKAGES.exists():
        pytest.fail("the npm packages of the tests are missing: run `make packages`")
    functions = root / ("convex" if language == "typescript" else "backend")
    modules = {"m": sources} if isinstance(sources, str) else sources
    for path, text in modules.items():
        file = functions / f"{path}.{_SUFFIX[language]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        depth = path.count("/")
        header = _HEADERS[language].format(up="../" * depth or "./")
        file.write_text((header if path != "schema" else _SCHEMA_HEADERS[language]) + dedent(text))
    if language == "typescript" and not (root / "node_modules").exists():
        (root / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
        (root / "package.json").write_text('{"private": true, "type": "module"}')
    return functions


_SCHEMA_HEADERS = {
    "typescript": (
        'import { defineSchema, defineTable } from "convex/server";\nimport { v } from "convex/values";\n'
    ),
    "python": _HEADERS["python"],
}


@pytest.fixture(params=["typescript", "python"])
def language(request: pytest.FixtureRequest) -> str:
    """The language that the backend under test is written in."""
    return str(request.param)


@pytest.fixture(scope="session")
def written_backends(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Sources], Path]:
    """Write a backend, once for all tests with the same sources: bundling takes longer than most tests."""
    written: dict[str, Path] = {}

    def write(language: str, sources: Sources) -> Path:
        key = json.dumps([language, sources], sort_keys=True)
        if key not in written:
            written[key] = write_backend(tmp_path_factory.mktemp("backend"), language, sources)
        return written[key]

    return write


@pytest.fixture
def backend(language: str, written_backends: Callable[[str, Sources], Path]) -> Iterator[MakeBackend]:
    """Make a fresh deployment of the sources in the language under test. Their files are not to be changed."""
    made: list[Deployment] = []

    def make(*, typescript: Sources, python: Sources, **options: Any) -> Deployment:
        sources = typescript if language == "typescript" else python
        deployment = Deployment(written_backends(language, sources), **options)
        made.append(deployment)
        return deployment

    yield make
    for deployment in made:
        deployment.close()
