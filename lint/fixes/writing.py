"""Brings texts to the disk: every file is written whole beside its place, and only then are all of them moved there."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["write_files"]


def write_files(texts: Mapping[Path, bytes]) -> None:
    """Write files, each of them whole or not at all; none is touched if one of them can't be written.

    A file keeps its permissions; where a path is a symbolic link, the file that it leads to is written.
    Raises `OSError`.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for path, data in texts.items():
            target = Path(os.path.realpath(path))
            mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
            if target.exists() and not os.access(target, os.W_OK):
                raise PermissionError(13, "Permission denied", str(target))
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
            ready.append((Path(name), target))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
        for written, target in ready:
            written.replace(target)
    finally:
        for written, _ in ready:
            written.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
