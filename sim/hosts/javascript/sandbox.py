"""What a Node process may do: the flags of Node's permission model.

The process of the default runtime may read the host's own scripts and nothing else. One that runs modules with
"use node" may read its project as well. Neither may write, start processes or threads, or load native code, unless the
test allows it, in the names of Node's own flags (https://nodejs.org/api/permissions.html).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from biconvex.sim.hosts.javascript.node import Node
from biconvex.sim.values.errors import UsageError

__all__ = ["ALLOWANCES", "DEFAULT_SANDBOX", "Sandbox", "project_sandbox"]

ALLOWANCES: Final = ("addons", "child-process", "fs-read:PATH", "fs-write:PATH", "worker")
"""What a test may allow the functions of a "use node" module to do besides reading their project."""

_SCRIPTS: Final = Path(__file__).resolve().parent
_PATHS: Final = frozenset({"fs-read", "fs-write"})
_SWITCHES: Final = frozenset({"addons", "child-process", "worker"})


class Sandbox(msgspec.Struct, frozen=True):
    """The rights of one Node process: paths that it may read and write, switches, and the folder it runs in."""

    folder: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()

    def flags(self, node: Node) -> list[str]:
        """Node's options; none for a version whose permission model can't express them (`Node.permission_flag`)."""
        if node.permission_flag is None:
            return []
        return [
            node.permission_flag,
            *(f"--allow-fs-read={path}" for path in _with_real_paths((str(_SCRIPTS), *self.reads))),
            *(f"--allow-fs-write={path}" for path in _with_real_paths(self.writes)),
            *(f"--allow-{switch}" for switch in self.switches),
        ]


DEFAULT_SANDBOX: Final = Sandbox(str(_SCRIPTS))
"""That of the default runtime."""


def project_sandbox(root: Path, allow: Sequence[str] = ()) -> Sandbox:
    """The sandbox of a project's "use node" modules: it may read the project at `root`, and the packages it finds.

    `allow` has entries as `ALLOWANCES` shows them; a path that isn't absolute begins at `root`. Raises `UsageError` for
    anything else.
    """
    if isinstance(allow, str):
        raise UsageError(f"allow takes a list: allow=[{allow!r}]")
    reads = [str(root), *_package_folders(root)]
    writes: list[str] = []
    switches: set[str] = set()
    for entry in allow:
        kind, _, path = entry.partition(":")
        if kind in _SWITCHES and not path:
            switches.add(kind)
        elif kind in _PATHS and path:
            # What may be written may be read: few programs only write.
            target = str(root / Path(path).expanduser())
            reads.append(target)
            if kind == "fs-write":
                writes.append(target)
        else:
            raise UsageError(_unknown(entry))
    return Sandbox(str(root), tuple(reads), tuple(writes), tuple(sorted(switches)))


def _package_folders(root: Path) -> Iterator[str]:
    """The folders in which Node looks for packages from `root`, and where the links in the first of them lead."""
    for folder in (root, *root.parents):
        packages = folder / "node_modules"
        if packages.is_dir():
            yield str(packages)
    yield from _linked(root / "node_modules")


def _linked(packages: Path) -> Iterator[str]:
    if not packages.is_dir():
        return
    for entry in sorted(os.scandir(packages), key=lambda entry: entry.name):
        if entry.name.startswith("@"):
            yield from _linked(Path(entry.path))
        elif entry.is_symlink():
            yield str(Path(entry.path).resolve())


def _with_real_paths(paths: Iterable[str]) -> list[str]:
    """The paths, and what they are when links are followed: Node looks at either."""
    return list(dict.fromkeys(found for path in paths for found in (path, os.path.realpath(path))))


def _unknown(entry: str) -> str:
    kind = entry.partition(":")[0]
    names = {allowance.partition(":")[0]: allowance for allowance in ALLOWANCES}
    close = [kind] if kind in names else difflib.get_close_matches(kind.removeprefix("--allow-"), names, 1)
    hint = f"; did you mean {names[close[0]]!r}?" if close else ""
    return f"allow: {entry!r} is not one of {', '.join(map(repr, ALLOWANCES))}{hint}"
