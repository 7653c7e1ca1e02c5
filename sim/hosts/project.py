"""Where a backend is: from any given folder to its functions folder and the root of its project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from biconvex.sim.values.errors import ProjectError

__all__ = [
    "SOURCE_SUFFIXES",
    "BackendLocation",
    "convex_version",
    "is_component",
    "locate",
    "module_path",
    "refuse_reserved",
]

SOURCE_SUFFIXES = frozenset({".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx", ".py"})
_COMPONENT = re.compile(r"(?=[^/]*[A-Za-z0-9])[A-Za-z0-9_.]{1,64}")
_MEASURED_VERSION = (1, 48)
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
    # Links are resolved, since esbuild and Node tell of files by their real paths.
    given = Path(path).expanduser().resolve()
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


def convex_version(root: Path) -> tuple[int, int]:
    """Major and minor version of the npm package `convex` that the project at `root` has installed.

    Where there is none, as in a backend in Python alone, it is the version that the simulator was measured against.
    """
    file = root / "node_modules" / "convex" / "package.json"
    try:
        version = str(json.loads(file.read_text("utf-8"))["version"])
        major, minor = version.split(".")[:2]
        return int(major), int(minor)
    except FileNotFoundError:
        return _MEASURED_VERSION
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"{file} doesn't say its version: {error!r}. Install the package anew.") from error


def module_path(relative: str, file: Path) -> str:
    """The path of the module that a file is, from its path below the functions folder: `folder/file`.

    Raises `ProjectError` for names that no module path has (semantics §1.5, §14).
    """
    path = relative.rpartition(".")[0]
    for component in path.split("/"):
        if not _COMPONENT.fullmatch(component):
            raise ProjectError(
                f"{file} can't be a module: path component {component} can only contain alphanumeric "
                "characters, underscores, or periods, at most 64 of them. Rename it."
            )
    return path


def refuse_reserved(relative: str) -> None:
    """Raise `ProjectError` for a file in the folder `_deps`, whatever it is."""
    if relative.startswith("_deps/"):
        raise ProjectError(
            f'The path "{relative}" is within the "_deps" directory, which is reserved for dependencies. '
            "Please move your code to another directory."
        )


def is_component(folder: Path) -> bool:
    """Whether a folder below the functions folder holds a component of its own: its modules aren't the app's."""
    return (folder / "convex.config.ts").is_file()


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
