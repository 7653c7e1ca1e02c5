"""Finding and loading the modules of a backend written in Python.

The backend's folder becomes a package of its own for every deployment, so that relative imports work
(`from .helpers import slug`) and no deployment sees the module state of another.
"""

from __future__ import annotations

import datetime
import itertools
import os
import sys
import time
import traceback
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from biconvex.sim.hosts.project import is_component, module_path, refuse_reserved
from biconvex.sim.hosts.protocol import FunctionSource, ModuleSource
from biconvex.sim.hosts.python.compiled import PACKAGE_PREFIX, module_spec, share_code
from biconvex.sim.hosts.python.world import World
from biconvex.sim.server import Crons, HttpRouter, Registration, SchemaDefinition
from biconvex.sim.values import ProjectError

__all__ = ["Modules", "PythonModules", "python_files"]

_CLOCKS = (datetime, time)
_TIMES = frozenset({"datetime", "time"})
_packages = itertools.count(1)


def python_files(folder: Path) -> list[Path]:
    """The Python files of a backend that are modules, sorted by path.

    The rules are those of Convex's own file routing (semantics §14): no files below `_generated` or in the folder of a
    component, none whose names begin with a dot or `#` or hold more than one dot, none with a space in their paths, and
    `schema.py` at the top only. Nor do tests count (`test_*.py`, `conftest.py`), a package's `__init__.py`, or
    folders such as `node_modules` and `__pycache__`. Raises `ProjectError` for a file in the folder `_deps`.
    """
    found = []
    for relative in _files(folder):
        refuse_reserved(relative)
        if _is_module(relative):
            found.append(folder / relative)
    return sorted(found)


def _files(folder: Path, relative: str = "") -> Iterator[str]:
    """The paths of all files from the functions folder, which is `relative` away from `folder`."""
    if relative and is_component(folder):
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not entry.is_dir():
            yield relative + entry.name
        elif (
            not entry.name.startswith((".", "__")) and entry.name != "node_modules" and not entry.is_symlink()
        ):
            yield from _files(Path(entry.path), f"{relative}{entry.name}/")


def _is_module(relative: str) -> bool:
    name = relative.rpartition("/")[2]
    return (
        name.endswith(".py")
        and name.count(".") == 1
        and not name.startswith((".", "#", "test_"))
        and name not in {"__init__.py", "__main__.py", "conftest.py"}
        and (name != "schema.py" or relative == name)
        and not relative.startswith("_generated/")
        and " " not in relative
    )


class Modules(Protocol):
    """Where registrations come from.

    `folder` is where their source lies; `looks_at_time` tells that their code may look at a clock of Python's own,
    which nobody would notice.
    """

    folder: Path
    looks_at_time: bool

    def load(self) -> list[ModuleSource]:
        """Load them; raises `ProjectError`."""
        ...

    def registration(self, module: str, name: str) -> Registration:
        """The registration of a function."""
        ...

    def route(self, method: str, path: str) -> str | None:
        """The route that serves a request, or None."""
        ...

    def again(self) -> Modules:
        """The same modules, loaded anew; themselves where there is nothing to load."""
        ...

    def close(self) -> None:
        """Release what they hold."""
        ...


class PythonModules:
    """The modules of one deployment. They are forgotten with `close`."""

    def __init__(self, folder: Path, world: World) -> None:
        """`world` is what they see while they are loaded."""
        self.folder = folder
        self.looks_at_time = False
        self._world = world
        self._package = f"{PACKAGE_PREFIX}{next(_packages)}"
        self._registrations: dict[tuple[str, str], Registration] = {}
        self._router = HttpRouter()

    def load(self) -> list[ModuleSource]:
        """Load every module; raises `ProjectError` naming the file, the line and the reason."""
        share_code()
        self._add_package(self._package, self.folder)
        sources = []
        for path in python_files(self.folder):
            relative = path.relative_to(self.folder).with_suffix("")
            module_path(path.relative_to(self.folder).as_posix(), path)
            parent = self.folder
            for index, part in enumerate(relative.parts[:-1], 1):
                parent = parent / part
                self._add_package(".".join((self._package, *relative.parts[:index])), parent)
            module = self._load(".".join((self._package, *relative.parts)), path)
            sources.append(self._describe(relative.as_posix(), path, module))
        return sources

    def registration(self, module: str, name: str) -> Registration:
        """The registration of a function that `load` reported."""
        return self._registrations[module, name]

    def route(self, method: str, path: str) -> str | None:
        """The route of the router in the module `http` that serves a request; its handler is then a registration."""
        found = self._router.lookup(path, method)
        if found is None:
            return None
        handler, method, route = found
        self._registrations["http", f"{method} {route}"] = handler
        return route

    def again(self) -> PythonModules:
        """The same modules, loaded anew."""
        fresh = PythonModules(self.folder, World(self._world.now_ms, 0, self._world.environment))
        fresh.load()
        for module, name in self._registrations:
            method, _, route = name.partition(" ")
            if route and module == "http":
                fresh.route(method, route.removesuffix("*"))
        return fresh

    def close(self) -> None:
        """Take the modules out of `sys.modules`."""
        for name in [
            name for name in sys.modules if name == self._package or name.startswith(f"{self._package}.")
        ]:
            del sys.modules[name]

    def _add_package(self, name: str, folder: Path) -> None:
        if name in sys.modules:
            return
        if folder != self.folder and (beside := folder.with_name(f"{folder.name}.py")).is_file():
            self._load(name, beside)
            return
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        package = module_from_spec(spec)
        sys.modules[name] = package

    def _load(self, name: str, path: Path) -> ModuleType:
        loaded = sys.modules.get(name)
        if loaded is not None:
            return loaded
        spec = module_spec(name, path)
        module = module_from_spec(spec)
        sys.modules[name] = module
        try:
            with self._world:
                spec.loader.exec_module(module)  # type: ignore[union-attr]
        except SyntaxError as error:
            where = self._shown(Path(error.filename or path))
            raise ProjectError(f"{where}:{error.lineno}:{error.offset}: {error.msg}") from error
        except Exception as error:
            place = self._place(error, path)
            raise ProjectError(f"Failed to load {place}: {type(error).__name__}: {error}") from error
        return module

    def _place(self, error: BaseException, path: Path) -> str:
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if Path(frame.filename).is_relative_to(self.folder):
                return f"{self._shown(Path(frame.filename))}:{frame.lineno}"
        return self._shown(path)

    def _shown(self, path: Path) -> str:
        if path.is_relative_to(self.folder):
            return f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"
        return str(path)

    def _describe(self, module_path: str, path: Path, module: ModuleType) -> ModuleSource:
        functions = []
        found: dict[str, Any] = {}
        self.looks_at_time |= any(_is_clock(value) for value in vars(module).values())
        for name, value in vars(module).items():
            if isinstance(value, Registration):
                # An imported registration belongs to the module that made it.
                if value.__module__ != module.__name__:
                    continue
                self._registrations[module_path, name] = value
                if value.kind != "httpAction":
                    functions.append(_function(name, value))
            elif isinstance(value, SchemaDefinition) and module_path == "schema":
                found["schema"] = value.export()
            elif isinstance(value, HttpRouter) and module_path == "http":
                self._router = value
                found["routes"] = value.export()
            elif isinstance(value, Crons) and module_path == "crons":
                found["crons"] = value.export()
        functions.sort(key=lambda function: function.name)
        return ModuleSource(module_path, self._shown(path), tuple(functions), **found)


def _is_clock(value: Any) -> bool:
    """Whether something is of Python's modules of time: whoever has it may look at a clock."""
    return value in _CLOCKS if isinstance(value, ModuleType) else getattr(value, "__module__", None) in _TIMES


def _function(name: str, registration: Registration) -> FunctionSource:
    args = registration.args.json if registration.args is not None else None
    returns = registration.returns.json if registration.returns is not None else None
    return FunctionSource(name, registration.kind, registration.visibility, args, returns)
