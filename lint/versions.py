"""Which version of the npm package `convex` a project uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from biconvex.lint.aliases import read_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_version", "version_in"]

_DEPENDENCIES = ("peerDependencies", "dependencies", "devDependencies")
_LOWEST = re.compile(r"^(?:npm:convex@)?\s*(?:\^|~|>=|=|v)?\s*(\d+)(?:\.(\d+))?")


def version_in(package: dict[str, Any]) -> tuple[int, int] | None:
    """Give the lowest version, as (major, minor), that a `package.json` allows; None where it doesn't say one."""
    for kind in _DEPENDENCIES:
        listed = package.get(kind)
        wanted = listed.get("convex") if isinstance(listed, dict) else None
        if isinstance(wanted, str):
            return _version(wanted)
    return None


def read_version(root: Path) -> tuple[int, int] | None:
    """Give the version for a functions folder: the installed one, unless its `package.json` is for any of several.

    The nearest `package.json` above that mentions `convex` says which; the search ends at the repository.
    """
    for folder in root.parents:
        package = _read(folder / "package.json")
        if any("convex" in package.get(kind, ()) for kind in _DEPENDENCIES):
            if "convex" not in package.get("peerDependencies", ()):
                installed = _read(folder / "node_modules" / "convex" / "package.json").get("version")
                if isinstance(installed, str):
                    return _version(installed)
            return version_in(package)
        if (folder / ".git").exists():
            break
    return None


def _version(text: str) -> tuple[int, int] | None:
    found = _LOWEST.match(text)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else None


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON file; what can't be read says nothing."""
    try:
        return read_json(path.read_bytes())
    except OSError:
        return {}
