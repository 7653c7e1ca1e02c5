"""The code of a backend's modules, compiled once for all deployments of a session.

A module that another one imports (`from .helpers import slug`) is loaded by Python's own import system, which would
compile it for every deployment and every fresh context wherever it may not keep bytecode. A finder in front of it
hands out the same code. Nothing is written beside the source.

In Convex a file and a folder may share a name (`messages.ts`, `messages/access.ts`), and so they may here: such a file
is a module with modules in it, and what it imports is still looked for beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

__all__ = ["PACKAGE_PREFIX", "module_spec", "share_code"]

PACKAGE_PREFIX: Final = "_biconvex_backend_"
"""How the names of the packages begin that backends become."""

_code: dict[Path, tuple[tuple[int, int], CodeType]] = {}


def module_spec(name: str, path: Path) -> ModuleSpec:
    """What loads a file as a module, with its code as it is then. Loading raises `SyntaxError` and whatever it does."""
    spec = ModuleSpec(name, _Loader(name, str(path)), origin=str(path))
    spec.has_location = True
    return spec


def share_code() -> None:
    """Have the modules of backends import each other by way of `module_spec`, from now on."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """The code of the module that this loader is for."""
        return _compiled(Path(self.get_filename(fullname)))

    def exec_module(self, module: ModuleType) -> None:
        """Run the module; those in the folder of the same name are below it."""
        folder = Path(self.path).with_suffix("")
        if folder.is_dir():
            module.__path__ = [str(folder)]
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module of that name in a backend; None for others, and for packages, which Python finds by itself."""
        if path is None or not fullname.startswith(PACKAGE_PREFIX):
            return None
        name = fullname.rpartition(".")[2]
        for folder in map(Path, path):
            file = folder / f"{name}.py"
            if file.is_file() and not (folder / name / "__init__.py").exists():
                return module_spec(fullname, file)
        return None


_finder: Final = _Finder()


def _compiled(path: Path) -> CodeType:
    status = path.stat()
    version = (status.st_mtime_ns, status.st_size)
    cached = _code.get(path)
    if cached is None or cached[0] != version:
        cached = (version, compile(path.read_bytes(), str(path), "exec"))
        _code[path] = cached
    return cached[1]
