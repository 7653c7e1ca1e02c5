"""Resolving imports: relative paths, path aliases and Python's packages to the modules of a backend.

Paths here are below the functions folder, with forward slashes; what lies outside begins with `../`.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from biconvex.lint.aliases import alias_targets
from biconvex.lint.analysis.names import GENERATED_API, SERVER, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from biconvex.lint.aliases import Aliases

__all__ = ["Resolver"]

_SCRIPT_SUFFIX = re.compile(r"\.(?:[cm]?[jt]s|[jt]sx)$")


class Resolver:
    """Finds the module that an import means."""

    def __init__(self, paths: Iterable[str], root: str, aliases: Aliases) -> None:
        self._paths = frozenset(paths)
        self._folder = posixpath.basename(root)
        self._anchor = posixpath.normpath(posixpath.join("/", root))
        self._aliases = aliases

    def module(self, source: str, importer: str, *, python: bool) -> str | None:
        """Give the path of the module that `source` means in `importer`; None for what is no file here."""
        if source.startswith("."):
            base = posixpath.dirname(importer)
            return self._file(posixpath.normpath(posixpath.join(base, source)))
        if python:
            return self._python(source)
        for target in self._targets(source):
            found = self._file(target)
            if found is not None:
                return found
        return None

    def package(self, source: str, importer: str, *, python: bool) -> str | None:
        """Give the canonical name of what is not a file here: a package, or generated code of this backend."""
        plain = _SCRIPT_SUFFIX.sub("", source)
        if source.startswith("."):
            candidates = [posixpath.normpath(posixpath.join(posixpath.dirname(importer), plain))]
        else:
            candidates = [] if python else list(self._targets(plain))
        for candidate in candidates:
            if candidate == GENERATED_API:
                return GENERATED_API
        if plain.endswith("_generated/server"):
            return SERVER
        return canonical(source)

    def folder(self, source: str, importer: str) -> str | None:
        """Give the folder that a Python import names, when it is a package."""
        if source.startswith("."):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(importer), source))
        else:
            path = self._dotted(source)
        prefix = "" if path == "." else f"{path}/"
        return prefix if any(known.startswith(prefix) for known in self._paths) else None

    def has(self, path: str) -> bool:
        """Tell whether there is such a module."""
        return path in self._paths

    def _file(self, path: str) -> str | None:
        plain = _SCRIPT_SUFFIX.sub("", path)
        for candidate in (path, plain, f"{path}/index", f"{path}/__init__"):
            if candidate in self._paths:
                return candidate
        return None

    def _targets(self, source: str) -> Iterable[str]:
        for target in alias_targets(self._aliases, source):
            yield posixpath.relpath(posixpath.normpath(posixpath.join(self._anchor, target)), self._anchor)

    def _dotted(self, source: str) -> str:
        parts = source.split(".")
        if self._folder in parts[:-1]:
            parts = parts[parts.index(self._folder) + 1 :]
        return "/".join(parts)

    def _python(self, source: str) -> str | None:
        return self._file(source.replace(".", "/")) or self._file(self._dotted(source))
