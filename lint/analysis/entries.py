"""Which files of a functions folder are deployed, and where they run (semantics §14, §13.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biconvex.lint import syntax

__all__ = ["is_entry_point", "module_path", "runtime_of"]

_SUFFIX = re.compile(r"\.(?:[cm]?[jt]s|[jt]sx|py)$")
_DEPLOYED = (".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx", ".py")
_STATEMENT = re.compile(rb"^\s{0,100}(import|export)", re.MULTILINE)


def module_path(path: str) -> str:
    """Give a file's module path: without its suffix."""
    return _SUFFIX.sub("", path)


def is_entry_point(path: str, data: bytes) -> bool:
    """Tell whether the exports of a file, by its path below the functions folder, are deployed as functions."""
    _, _, base = path.rpartition("/")
    if path.startswith(("../", "_deps/", "_generated/")) or not base.endswith(_DEPLOYED):
        return False
    if base.startswith((".", "#")) or base in {"schema.ts", "schema.js", "schema.py", "__init__.py"}:
        return False
    if base.count(".") > 1 or " " in path:
        return False
    if base.endswith(".py") and (base.startswith("test_") or base == "conftest.py"):
        return False
    return not base.endswith((".ts", ".tsx")) or _STATEMENT.search(data) is not None


def runtime_of(module: syntax.Module) -> str:
    """Tell where a module runs: `node` if its prologue says `use node`."""
    return "node" if "use node" in module.directives else "default"
