"""Client code: scripts of a project outside of its functions folders, which may name functions by `api`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from biconvex.lint.project import language_of, shown_path
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.reading import Desk

__all__ = ["client_scripts", "names_functions", "read_client"]

_SUFFIXES = (".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".py")
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "dist", "build", "_generated"})
_SOURCE = re.compile(rb"_generated/api|biconvex\.sim\.server")
_MENTIONS = re.compile(rb"\bapi\s*\.|\bapi\s*\[|\bas\s+api\b|\bapi\s+as\b")


def client_scripts(top: Path, without: Collection[Path]) -> Iterator[Path]:
    """Give every script below a folder, in order, but those of the given folders and of packages."""
    for name, folders, files in os.walk(top):
        here = Path(name)
        folders[:] = sorted(
            f for f in folders if f not in _SKIPPED and not f.startswith(".") and here / f not in without
        )
        yield from (
            here / file for file in sorted(files) if file.endswith(_SUFFIXES) and not file.endswith(".d.ts")
        )


def names_functions(data: bytes) -> bool:
    """Tell whether a script may name functions: most don't, and need not be parsed."""
    return _SOURCE.search(data) is not None and _MENTIONS.search(data) is not None


def read_client(path: Path, desk: Desk) -> ParsedFile | None:
    """Read and parse a script if it may name functions; None for any other, and for one that can't be read.

    Nothing is said about what is wrong with it: it is no part of a backend.
    """
    if path.is_symlink():
        return None
    try:
        data = desk.read(path)
    except OSError:
        return None
    if not names_functions(data):
        return None
    parsed = desk.parse(SourceFile(shown_path(path, desk.cwd), language_of(path), data))
    return None if parsed.errors else parsed
