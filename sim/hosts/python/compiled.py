"""The code of a backend's modules, compiled once for all deployments of a session.

A module that another one imports (`from .helpers import slug`) is loaded by Python's own import system, which would
compile it for every deployment and every fresh context wherever it may not keep bytecode. A finder in front of it
hands out the same code. Nothing is written beside the source.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

__all__ = ["PACKAGE_PREFIX", "compiled", "share_code"]

PACKAGE_PREFIX: Final = "_biconvex_backend_"
"""How the names of the packages begin that backends become."""

_code: dict[Path, tuple[tuple[int, int], CodeType]] = {}


def compiled(path: Path) -> CodeType:
    """The code of a file as it is now. Raises `SyntaxError`, `ValueError` (null bytes) and `OSError`."""
    status = path.stat()
    version = (status.st_mtime_ns, status.st_size)
    cached = _code.get(path)
    if cached is None or cached[0] != version:
        cached = (version, compile(path.read_bytes(), str(path), "exec"))
        _code[path] = cached
    return cached[1]


def share_code() -> None:
    """Have the modules of backends import each other by way of `compiled`, from now on."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """The code of the module that this loader is for."""
        return compiled(Path(self.get_filename(fullname)))


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
                return spec_from_file_location(fullname, file, loader=_Loader(fullname, str(file)))
        return None


_finder: Final = _Finder()
