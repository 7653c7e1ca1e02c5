"""Files of the cache: each holds one entry, under the key that says what it is of.

An entry is checked by a digest and written in one step, so that runs at the same time, a full disk or a hand that
edits it cost time and nothing else.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

__all__ = ["DIGEST", "Entries", "digest", "stamp"]

DIGEST = 16
"""The bytes of a digest."""

_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by biconvex (https://bford.info/cachedir/).
"""


class Entries:
    """The entries in one folder of the cache, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writable = True

    def take(self, name: str, key: bytes) -> bytes | None:
        """Give the entry of a name; None when it is not there, of another key, or damaged."""
        found = self.last(name)
        return found[1] if found is not None and found[0] == key else None

    def last(self, name: str) -> tuple[bytes, bytes] | None:
        """Give the key and the entry of a name, of whatever key; None when it is not there or damaged."""
        try:
            with self._file(name).open("rb") as file:
                key, told, body = file.read(DIGEST), file.read(DIGEST), file.read()
        except OSError:
            return None
        return (key, body) if digest(body) == told else None

    def keep(self, name: str, key: bytes, body: bytes) -> None:
        """Write an entry in place of the one of that name. `key` is a digest.

        A folder that can't be written isn't tried again.
        """
        if not self._writable:
            return
        try:
            self._prepare()
            entry = self._file(name)
            written = entry.with_suffix(f".{os.getpid()}")
            written.write_bytes(key + digest(body) + body)
            written.replace(entry)
        except OSError:
            self._writable = False

    def _file(self, name: str) -> Path:
        return self._folder / digest(name.encode()).hex()

    def _prepare(self) -> None:
        """Make the folder, with what tells Git and backups to leave it alone."""
        if self._folder.is_dir():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        (self._folder.parent / "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")


def digest(data: bytes) -> bytes:
    """Give the digest of bytes."""
    return hashlib.blake2b(data, digest_size=DIGEST).digest()


def stamp(files: list[Path]) -> bytes:
    """Name a state of files by their times and sizes: enough to tell versions of code."""
    found = hashlib.blake2b(digest_size=DIGEST)
    for file in files:
        at = file.stat()
        found.update(f"{file.name} {at.st_mtime_ns} {at.st_size}\n".encode())
    return found.digest()
