"""Bundles that were made before, found again by content: in memory, and on disk across processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec
from biconvex.sim.hosts.project import BackendLocation

__all__ = ["BundleCache", "CachedBuild"]

_KEPT_FILES = 64
_WATCHED = ("package.json", "package-lock.json", "tsconfig.json", "convex.json")


class CachedBuild(msgspec.Struct, frozen=True):
    """A bundle: scripts by platform as (code, source map), the files it was made of, files whose absence mattered."""

    key: str
    scripts: dict[str, tuple[str, str]]
    inputs: tuple[str, ...]
    missing: tuple[str, ...]


class _Entry(msgspec.Struct, frozen=True):
    """A build as it is kept on disk, with what has to be the same for it to hold."""

    maker: str
    description: str
    contents: dict[str, str]
    build: CachedBuild


class BundleCache:
    """Finds a build whose description and input files are unchanged.

    In memory a file counts as unchanged when its size and time of change are; on disk its content decides.
    """

    def __init__(self, script: Path) -> None:
        self._maker = hashlib.sha256(script.read_bytes()).hexdigest()
        self._builds: dict[Path, tuple[bytes, _Stamps, CachedBuild]] = {}

    def find(self, location: BackendLocation, description: bytes) -> CachedBuild | None:
        """The build of this backend as it is now, None when it has to be made."""
        known = self._builds.get(location.functions)
        if known is not None and known[0] == description and known[1] == _stamps(location, known[2]):
            return known[2]
        build = self._from_disk(location, description)
        if build is not None:
            self._builds[location.functions] = (description, _stamps(location, build), build)
        return build

    def keep(self, location: BackendLocation, description: bytes, build: CachedBuild) -> None:
        """Remember a build; where the disk can't be written, in memory only."""
        self._builds[location.functions] = (description, _stamps(location, build), build)
        entry = _Entry(self._maker, description.decode(), _contents(location, build), build)
        with contextlib.suppress(OSError):
            _write(_file(location), msgspec.json.encode(entry))

    def _from_disk(self, location: BackendLocation, description: bytes) -> CachedBuild | None:
        try:
            entry = msgspec.json.decode(_file(location).read_bytes(), type=_Entry)
        except (OSError, msgspec.DecodeError):
            return None
        if entry.maker != self._maker or entry.description != description.decode():
            return None
        return entry.build if entry.contents == _contents(location, entry.build) else None


_Stamps = tuple[tuple[int, int] | None, ...]


def _depended_on(location: BackendLocation, build: CachedBuild) -> list[str]:
    return [*build.inputs, *build.missing, *(str(location.root / name) for name in _WATCHED)]


def _stamps(location: BackendLocation, build: CachedBuild) -> _Stamps:
    stamps: list[tuple[int, int] | None] = []
    for name in _depended_on(location, build):
        try:
            status = os.stat(name)  # noqa: PTH116  (a thousand files: Path costs twice as much)
        except OSError:
            stamps.append(None)
        else:
            stamps.append((status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def _contents(location: BackendLocation, build: CachedBuild) -> dict[str, str]:
    contents = {}
    for name in _depended_on(location, build):
        try:
            contents[name] = hashlib.sha256(Path(name).read_bytes()).hexdigest()
        except OSError:
            contents[name] = ""
    return contents


def _file(location: BackendLocation) -> Path:
    name = hashlib.sha256(str(location.functions).encode()).hexdigest()[:24]
    return location.root / "node_modules" / ".cache" / "biconvex" / f"{name}.json"


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(temporary, file)  # noqa: PTH105
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    others = sorted(file.parent.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for old in others[:-_KEPT_FILES]:
        old.unlink(missing_ok=True)
