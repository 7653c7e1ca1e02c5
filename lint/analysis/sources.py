"""Building a backend from texts, without a file system: for the cases of rules, and for tests."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Literal

from biconvex.lint.aliases import aliases_in, read_json
from biconvex.lint.analysis.build import assemble
from biconvex.lint.generated import GENERATED_API_FILES, modules_in
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile
from biconvex.lint.versions import version_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.model import Backend

__all__ = ["build_from_sources"]

_ROOT = "/project/convex"


def build_from_sources(sources: Mapping[str, str]) -> Backend:
    """Analyse texts as one backend; the keys are paths below its functions folder, `convex`.

    A path that ends in `.py` is Python, any other TypeScript or JavaScript. A path that begins with `../` is
    outside the folder. `tsconfig.json` gives path aliases, `package.json` the version of `convex`,
    `_generated/api.d.ts` the modules of the generated API. A
    `convex.config.ts` that calls `defineComponent` makes it a component.
    """
    aliases: list[tuple[str, tuple[str, ...]]] = []
    files = []
    component = False
    version: tuple[int, int] | None = None
    generated: frozenset[str] | None = None
    for path, text in sources.items():
        if posixpath.basename(path) == "package.json":
            version = version_in(read_json(text.encode()))
            continue
        if path in GENERATED_API_FILES:
            generated = modules_in(text.encode())
            continue
        if path.endswith(".json"):
            folder = posixpath.normpath(posixpath.join(_ROOT, posixpath.dirname(path)))
            aliases += aliases_in(text.encode(), folder, _ROOT)
            continue
        source = SourceFile(_shown(path), "python" if path.endswith(".py") else "typescript", text.encode())
        component = component or (path == "convex.config.ts" and "defineComponent" in text)
        files.append((path, parse(source)))
    kind: Literal["app", "component"] = "component" if component else "app"
    return assemble(files, "convex", kind, tuple(aliases), version=version, generated=generated)


def _shown(path: str) -> str:
    return path.removeprefix("../") if path.startswith("../") else f"convex/{path}"
