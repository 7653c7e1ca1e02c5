"""Where a backend is: from any given folder to its functions folder and the root of its project."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from biconvex.sim.values.errors import ProjectError

__all__ = ["SOURCE_SUFFIXES", "BackendLocation", "locate"]

SOURCE_SUFFIXES = frozenset({".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx", ".py"})
_ROOT_MARKERS = ("package.json", "convex.json", "pyproject.toml")


class BackendLocation(msgspec.Struct, frozen=True):
    """A backend on disk.

    `functions` is the folder of its modules. `root` is the project: the nearest folder, from `functions` upwards,
    whose `node_modules` has the package `convex`; else the nearest with a package.json, convex.json or
    pyproject.toml; else the folder around `functions`. Both are absolute.
    """

    functions: Path
    root: Path


def locate(path: str | Path) -> BackendLocation:
    """Find the backend at `path`: what its `convex.json` names, its folder `convex/`, or the folder itself.

    Raises `ProjectError` where there is no such folder, `convex.json` is wrong, or no module is in it.
    """
    given = Path(path).expanduser().absolute()
    if not given.exists():
        raise ProjectError(f"{given} does not exist")
    if not given.is_dir():
        raise ProjectError(f"{given} is a file: give the folder of a Convex project, or its `convex` folder")
    functions = _configured(given)
    if functions is None:
        inner = given / "convex"
        functions = inner if inner.is_dir() else given
    if next(_sources(functions), None) is None:
        raise ProjectError(
            f"{functions} has no Convex functions: no TypeScript, JavaScript or Python module was found in it"
        )
    return BackendLocation(functions, _root(functions))


def _configured(project: Path) -> Path | None:
    """The functions folder that `convex.json` names, None where there is no such file or it names none."""
    file = project / "convex.json"
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(f"{file} can't be read as JSON: {error}") from error
    named = content.get("functions") if isinstance(content, dict) else None
    if named is None:
        return None
    if not isinstance(named, str):
        raise ProjectError(f'{file}: "functions" must be the path of a folder')
    functions = (project / named).absolute()
    if not functions.is_dir():
        raise ProjectError(f'{file}: "functions" names {functions}, which is not a folder')
    return Path(os.path.normpath(functions))


def _sources(folder: Path) -> Iterator[str]:
    for _, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "node_modules" and not name.startswith("."))
        yield from (name for name in files if Path(name).suffix in SOURCE_SUFFIXES)


def _root(functions: Path) -> Path:
    upwards = (functions, *functions.parents)
    for folder in upwards:
        if (folder / "node_modules" / "convex" / "package.json").is_file():
            return folder
    for folder in upwards:
        if any((folder / marker).is_file() for marker in _ROOT_MARKERS):
            return folder
    return functions.parent
