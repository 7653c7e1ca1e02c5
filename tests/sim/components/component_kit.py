"""Projects with components, for the tests of components: a folder of files, with the npm packages of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

PACKAGES = Path(__file__).parent.parent.parent / "packages" / "node_modules"


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below `convex/`, beside the packages; the project."""
    for name, text in files.items():
        file = root / "convex" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    (root / "package.json").write_text('{"private": true, "type": "module"}')
    (root / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    return root


def ask(convex: Deployment, of: str, **args: Any) -> Any:
    """Have the app of `counter_files` run a query of a component."""
    return convex.query("m:ask", {"of": of, "args": args})


def tell(convex: Deployment, of: str, **args: Any) -> Any:
    """Have the app of `counter_files` run a mutation of a component."""
    return convex.mutation("m:tell", {"of": of, "args": args})


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    """The first line of the error of a call."""
    with pytest.raises(FunctionError) as caught:
        call(*args, **kwargs)
    return caught.value.message.partition("\n")[0]
