"""Edits of names: rename a member, import one more name, beside another or from a source of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.analysis.scopes import declared_names
from biconvex.lint.finding import Edit
from biconvex.lint.fixes.edits import indentation, place_of
from biconvex.lint.syntax import Import

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.declarations import Module
    from biconvex.lint.source import Language, SourceFile
    from biconvex.lint.syntax import ImportName, Member

__all__ = ["Imported", "import_beside", "import_from", "rename_member"]

_TYPED = (".ts", ".tsx", ".mts", ".cts")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Imported(msgspec.Struct, frozen=True):
    """How a name can be had in a file: under which local name, and after which edits (none if it is there)."""

    local: str
    edits: tuple[Edit, ...] = ()


def rename_member(source: SourceFile, member: Member, name: str) -> Edit:
    """Rename the `name` of `object.name` to an API name in Convex's spelling; Python gets Python's spelling."""
    written = _CAPITAL.sub("_", name).lower() if source.language == "python" else name
    return Edit(source.path, member.name_start, member.end, written)


def import_beside(module: Module, known: str, name: str) -> Imported | None:
    """Find out how a file can have `name` from where it imports `known`: `internal` from where `api` comes from.

    Both are names as they are exported. None if the file doesn't import `known` by name at its top level, or if
    its own meaning of `name` would be in the way.
    """
    imports = [node for node in _imports(module) if not node.type_only]
    for node in imports:
        have = {one.imported: one for one in node.names if not one.type_only}
        if known not in have:
            continue
        for other in imports:
            for one in other.names:
                if other.source == node.source and one.imported == name and not one.type_only:
                    return Imported(one.local)
                if one.local == name:
                    return None
        edit = _beside(module.source, node, have[known], name)
        return None if edit is None else Imported(name, (edit,))
    return None


def import_from(
    module: Module, sources: Mapping[Language, str], name: str, *, type_only: bool = False
) -> Imported | None:
    """Find out how a file can have `name` from a source, such as `convex/values`: as it has it, or imported anew.

    `sources` has what the source is called in each language; another path that ends in the same two parts
    (`@/convex/_generated/server`) is the same. `type_only` is for a name that is nothing but a type. None where
    the file means something else by the name, and where it imports nothing at its top level.
    """
    wanted = sources[module.source.language]
    imports = [node for node in _imports(module) if not node.dynamic]
    beside: tuple[Import, ImportName] | None = None
    for node in imports:
        if not _same_source(node.source, wanted):
            continue
        for one in node.names:
            erased = node.type_only or one.type_only
            if one.imported == name and (type_only or not erased):
                return Imported(one.local)
            if one.imported not in {"default", "*"} and (type_only or not node.type_only):
                beside = node, one
    top = [node for node in imports if _begins_line(module.source, node)]
    if not top or name in declared_names(module.syntax.body):
        return None
    inline = "type " if type_only and module.source.path.endswith(_TYPED) else ""
    if beside is not None:
        text = name if beside[0].type_only else inline + name
        edit = _beside(module.source, *beside, text)
        return None if edit is None else Imported(name, (edit,))
    return Imported(name, (_new_import(module.source, top[-1], wanted, inline, name),))


def _imports(module: Module) -> list[Import]:
    """Give the imports at the top level, less those that a snippet leaves out and that have no length."""
    return [node for node in module.syntax.body if type(node) is Import and node.end > node.start]


def _begins_line(source: SourceFile, node: Import) -> bool:
    before = source.data[source.data.rfind(b"\n", 0, node.start) + 1 : node.start]
    return before.removeprefix(b"\xef\xbb\xbf") == b""


def _same_source(source: str, wanted: str) -> bool:
    tail = "/".join(wanted.split("/")[-2:])
    return source == wanted or ("_generated/" in wanted and source.removesuffix(".js").endswith(f"/{tail}"))


def _new_import(source: SourceFile, last: Import, wanted: str, inline: str, name: str) -> Edit:
    """Add an import below the last one, in its manner; a comment behind that stays there."""
    at = source.data.find(b"\n", last.end) if b"\n" in source.data[last.end :] else len(source.data)
    rest = source.data[last.end : at].rstrip(b"\r")
    at = last.end + len(rest) if not rest.strip() or rest.lstrip().startswith((b"//", b"#")) else last.end
    if source.language == "python":
        return Edit(source.path, at, at, f"\nfrom {wanted} import {name}")
    written = source.text(last.start, last.end)
    quote = "'" if "'" in written else '"'
    end = ";" if written.endswith(";") else ""
    return Edit(source.path, at, at, f"\nimport {inline}{{ {name} }} from {quote}{wanted}{quote}{end}")


def _beside(source: SourceFile, statement: Import, known: ImportName, name: str) -> Edit | None:
    """Add a name right behind another in a list of imported names; the list goes on as it is laid out."""
    if source.language == "python":
        from biconvex.lint.fixes.python import insert_import  # noqa: PLC0415 - libcst is slow to load

        return insert_import(place_of(source, statement), known.local, name)
    begin = source.data.rfind(b"\n", 0, known.start) + 1
    own_line = begin > statement.start and not source.data[begin : known.start].strip()
    between = f",\n{indentation(source, known.start)}" if own_line else ", "
    return Edit(source.path, known.end, known.end, f"{between}{name}")
