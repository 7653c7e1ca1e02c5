"""The app of `counter_files`, for several files of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from component_kit import write_project
from counter_files import APP, COUNTER


@pytest.fixture(scope="session")
def counting_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project."""
    return write_project(tmp_path_factory.mktemp("counting"), {**APP, **COUNTER})


@pytest.fixture
def counting(counting_app: Path) -> Iterator[Deployment]:
    """A deployment of it."""
    with Deployment(counting_app, seed=3, env={"SIZE": "7", "SECRET": "hush"}) as deployment:
        yield deployment
