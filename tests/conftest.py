"""Holds every run to the installed package.

The folders `lint`, `sim`, `rules` and `pytest_plugin` lie at the root of the repository, so `import lint` works by
accident wherever the root is on the path, and makes a second copy of every class in it.
"""

from __future__ import annotations

import sys

import pytest

FOLDERS = ("lint", "sim", "rules", "pytest_plugin")


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fail the test by which a folder of the package was imported without its package."""
    bare = [name for name in FOLDERS if name in sys.modules]
    if bare:
        pytest.fail(
            f"imported without the package: {', '.join(bare)}; write `from biconvex.{bare[0]} import …`",
            pytrace=False,
        )
