"""The imports that a snippet leaves out: well-known names of Convex that nothing in it binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.scopes import declared_names
from biconvex.lint.parsed import ParsedFile

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["with_prelude"]

_BUILDERS = (
    "query", "mutation", "action", "httpAction", "internalQuery", "internalMutation", "internalAction",
)  # fmt: skip
_DEFINITIONS = ("httpRouter", "cronJobs", "defineSchema", "defineTable")
_API = ("api", "internal", "components")
_TYPESCRIPT = {
    "{}_generated/server": _BUILDERS, "{}_generated/api": _API, "convex/server": _DEFINITIONS, "convex/values": ("v",),
}  # fmt: skip
_PYTHON = {"biconvex.sim.server": (*_BUILDERS, *_DEFINITIONS, *_API), "biconvex.sim.values": ("v",)}


def with_prelude(parsed: ParsedFile, path: str) -> ParsedFile:
    """Give a file that imports the well-known names that it uses without binding them; `path` as in a backend.

    The imports have no length and stand at the beginning of the file.
    """
    module = parsed.module
    python = parsed.source.language == "python"
    up = "../" * path.count("/") or "./"
    used = {node.id for node in syntax.walk(module) if isinstance(node, syntax.Name)}
    used.difference_update(declared_names(module.body))
    imports: list[syntax.Node] = []
    for source, names in (_PYTHON if python else _TYPESCRIPT).items():
        wanted = [
            syntax.ImportName(0, 0, name, local) for name, local in _spelled(names, python) if local in used
        ]
        if wanted:
            imports.append(syntax.Import(0, 0, source.format(up), wanted))
    body = [*imports, *module.body]
    module = syntax.Module(module.start, module.end, body, module.directives)
    return ParsedFile(parsed.source, module, parsed.comments, parsed.errors)


def _spelled(names: Iterable[str], python: bool) -> list[tuple[str, str]]:
    """Give each name as it is imported and as the language spells it."""
    return [(name, _snake(name) if python else name) for name in names]


def _snake(name: str) -> str:
    return "".join(f"_{character.lower()}" if character.isupper() else character for character in name)
