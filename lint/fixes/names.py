"""Edits of names: rename a member, import one more name from where another comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.fixes.edits import indentation, place_of
from biconvex.lint.syntax import Import

if TYPE_CHECKING:
    from biconvex.lint.declarations import Module
    from biconvex.lint.source import SourceFile
    from biconvex.lint.syntax import ImportName, Member

__all__ = ["Imported", "import_beside", "rename_member"]

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Imported:
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
    imports = [node for node in module.syntax.body if type(node) is Import and not node.type_only]
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


def _beside(source: SourceFile, statement: Import, known: ImportName, name: str) -> Edit | None:
    """Add a name right behind another in a list of imported names; the list goes on as it is laid out."""
    if source.language == "python":
        from biconvex.lint.fixes.python import insert_import  # noqa: PLC0415 - libcst is slow to load

        return insert_import(place_of(source, statement), known.local, name)
    begin = source.data.rfind(b"\n", 0, known.start) + 1
    own_line = begin > statement.start and not source.data[begin : known.start].strip()
    between = f",\n{indentation(source, known.start)}" if own_line else ", "
    return Edit(source.path, known.end, known.end, f"{between}{name}")
