"""Watching the files of a run: waits until one of them, or one beside them, changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from biconvex.lint.project import SOURCE_SUFFIXES
from watchfiles import DefaultFilter, watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from watchfiles import Change

__all__ = ["changes", "folders_of"]

_SUFFIXES = (*SOURCE_SUFFIXES, ".md", ".mdx", ".json", ".toml")
_IDLE_MS = 200


class _Sources(DefaultFilter):
    """Lets files pass that a run may read, outside of `node_modules` and of what is hidden or generated."""

    def __call__(self, change: Change, path: str) -> bool:
        """Tell whether a change counts."""
        return path.endswith(_SUFFIXES) and super().__call__(change, path)


def folders_of(files: Iterable[Path]) -> tuple[Path, ...]:
    """Give the folders that the given files are in, sorted, without those that lie in another."""
    folders = {file.parent for file in files}
    return tuple(sorted(folder for folder in folders if not folders.intersection(folder.parents)))


def changes(folders: Iterable[Path]) -> Iterator[frozenset[Path]]:
    """Watch folders with all that is in them. Yields at once when it has begun to, then each set of changed files.

    An interrupt from the keyboard comes as `KeyboardInterrupt`.
    """
    began = False
    for changed in watch(*folders, watch_filter=_Sources(), rust_timeout=_IDLE_MS, yield_on_timeout=True):
        if changed or not began:
            began = True
            yield frozenset(Path(path) for _, path in changed)
