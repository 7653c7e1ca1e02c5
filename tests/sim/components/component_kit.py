"""Projects with components, for the tests of components: a folder of files, with the npm packages of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

PACKAGES = Path(__file__).parent.parent.parent / "packages" / "node_modules"

APP = """
import { defineApp } from "convex/server";
"""


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below `convex/`, beside the packages; the project."""
    for name, text in files.items():
        file = root / "convex" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    (root / "package.json").write_text('{"private": true, "type": "module"}')
    (root / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    return root
