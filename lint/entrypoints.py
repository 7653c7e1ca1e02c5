"""Entry points of installed distributions, found without `importlib.metadata`, which takes 40 ms to import.

Where distributions may be elsewhere than in plain folders on `sys.path`, `importlib.metadata` is asked after all.
"""

from __future__ import annotations

import re
import sys
from configparser import ConfigParser
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EntryPoint", "entry_points"]

_FILES = ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt")


class EntryPoint(msgspec.Struct, frozen=True):
    """A name, and the object that it stands for: `module` or `module:attribute`."""

    name: str
    value: str

    def load(self) -> object:
        """Import the object. Raises what importing it raises."""
        module, _, attribute = self.value.partition(":")
        found: object = import_module(module.strip())
        for part in filter(None, attribute.strip().split(".")):
            found = getattr(found, part)
        return found


def entry_points(group: str) -> list[EntryPoint]:
    """Give the entry points of a group, those of a distribution that is found twice but once."""
    folders = [Path(entry) for entry in sys.path if entry and Path(entry).exists()]
    finders = [finder for finder in sys.meta_path if finder is not PathFinder]
    if any(hasattr(finder, "find_distributions") for finder in finders) or not all(
        f.is_dir() for f in folders
    ):
        from importlib import metadata  # noqa: PLC0415 - what this module is there to avoid

        return [EntryPoint(entry.name, entry.value) for entry in metadata.entry_points(group=group)]
    return list(_in_folders(folders, group))


def _in_folders(folders: list[Path], group: str) -> Iterator[EntryPoint]:
    seen: set[str] = set()
    for folder in folders:
        for pattern in _FILES:
            for file in sorted(folder.glob(pattern)):
                name = _distribution(file.parent.stem)
                text = file.read_text(encoding="utf-8")
                if name not in seen and f"[{group}]" in text:
                    yield from _of(text, group)
                seen.add(name)


def _distribution(stem: str) -> str:
    """Give the name of a distribution, however it is written: `My.Toys-1.0` and `my_toys` are the same."""
    return re.sub(r"[-_.]+", "-", stem.partition("-")[0]).lower()


def _of(text: str, group: str) -> Iterator[EntryPoint]:
    parser = ConfigParser(delimiters="=", interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    yield from (EntryPoint(name, value) for name, value in parser.items(group))
