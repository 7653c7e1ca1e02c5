"""Function paths: how `api.a.b.f`, `a/b:f` and `a/b.js:f` name the same function (semantics §1.5)."""

from __future__ import annotations

from functools import lru_cache

from biconvex.sim.values import DeveloperError

__all__ = ["canonical_path", "split_path", "stripped_path"]


@lru_cache(maxsize=1024)
def split_path(path: str) -> tuple[str, str]:
    """Module and export of a function path: `a/b:f`, `a/b.js:f`, `a/b` (the default export).

    Raises `DeveloperError` (`InvalidFunctionName`) for a text that can't name a function.
    """
    module, colon, name = path.rpartition(":")
    if not colon:
        module, name = path, "default"
    module = module.removesuffix(".js")
    if not module or not name or module.startswith("/") or ".." in module.split("/"):
        raise DeveloperError(
            "InvalidFunctionName", f'{path!r} isn\'t a function path: write it like "folder/file:export"'
        )
    return module, name


def stripped_path(module: str, name: str) -> str:
    """The form that people write: `a/b:f`, and `a/b` for a default export."""
    return module if name == "default" else f"{module}:{name}"


def canonical_path(module: str, name: str) -> str:
    """The form that Convex stores and prints in errors: `a/b.js:f`."""
    return f"{module}.js:{name}"
