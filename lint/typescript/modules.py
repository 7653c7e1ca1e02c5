"""Imports and exports of TypeScript and JavaScript.

`export const a = 1, b = 2` is two exports. `import x = require("…")` imports the namespace. An export of what is only
a type (an interface, an ambient declaration) is the empty `Other` that the declaration itself would be.
`export = x` is a default export.
"""

from __future__ import annotations

from biconvex.lint.syntax import Class, Export, Import, ImportName, Node, Other
from biconvex.lint.typescript.literals import unescape
from biconvex.lint.typescript.reader import Handler, ListHandler, Raw, Reader, body, guarded, other

__all__ = ["HANDLERS", "LISTS"]


@guarded
def importing(reader: Reader, node: Raw, depth: int) -> Node:
    """`import … from "source"`, `import "source"`, `import x = require("source")`."""
    source: str | None = None
    names: list[ImportName] = []
    for kid in reader.kids(node, depth):
        if kid.type == "string":
            source = _text(reader, kid)
        elif kid.type == "import_clause":
            for part in reader.kids(kid, depth):
                if part.type == "named_imports":
                    names += (_specifier(reader, each, depth) for each in reader.kids(part, depth))
                else:
                    names.append(_whole(reader, part, depth))
        elif kid.type == "import_require_clause":
            parts = reader.kids(kid, depth)
            names += (_whole(reader, part, depth, "*") for part in parts[:1])
            source = _text(reader, parts[-1]) if parts else None
        else:
            reader.skip(kid)
    if source is None:
        return other(reader, node, depth)
    type_only = any(kid.type in {"type", "typeof"} for kid in node.children)
    return Import(node.start_byte, node.end_byte, source, names, type_only)


def _whole(reader: Reader, node: Raw, depth: int, imported: str = "default") -> ImportName:
    """A default import, or the namespace."""
    place = node
    if node.type == "namespace_import":
        imported = "*"
        place = next(iter(reader.kids(node, depth)), node)
    return ImportName(node.start_byte, node.end_byte, imported, reader.read(place.start_byte, place.end_byte))


def _specifier(reader: Reader, node: Raw, depth: int) -> ImportName:
    """`name`, `name as local`, `type name`."""
    imported, local = _renaming(reader, node, depth)
    return ImportName(node.start_byte, node.end_byte, imported, local, _is_type(node))


def _renaming(reader: Reader, node: Raw, depth: int) -> tuple[str, str]:
    """The two names of `a as b`; the same twice for `a`."""
    names = [_text(reader, kid) for kid in reader.kids(node, depth)]
    return (names[0], names[-1]) if names else ("", "")


def _is_type(node: Raw) -> bool:
    return any(kid.type in {"type", "typeof"} for kid in node.children)


def _text(reader: Reader, node: Raw) -> str:
    """A name, which may be a string."""
    if node.type == "string":
        return unescape(reader.read(node.start_byte + 1, node.end_byte - 1))
    return reader.read(node.start_byte, node.end_byte)


def exporting(reader: Reader, node: Raw, depth: int, out: list[Node]) -> None:
    """All forms of `export`."""
    start, end = node.start_byte, node.end_byte
    names: list[tuple[str, str]] | None = None
    source: str | None = None
    decorators: list[Node] = []
    declarations: list[Node] = []
    words = set()
    type_only = False
    for kid in node.children:
        kind = kid.type
        if kind == "*":
            names = [("*", "*")]
        elif kind == "namespace_export":
            names = [("*", _text(reader, each)) for each in reader.kids(kid, depth)]
        elif kind == "export_clause":
            specifiers = reader.kids(kid, depth)
            kept = [each for each in specifiers if not _is_type(each)]
            type_only = not kept and bool(specifiers)
            names = [_renaming(reader, each, depth) for each in kept or specifiers]
        elif kind == "string" and "from" in words:
            source = _text(reader, kid)
        elif kind == "decorator":
            decorators += (
                reader.table[each.kind_id](reader, each, depth) for each in reader.kids(kid, depth)
            )
        elif kid.kind_id == reader.grammar.error and reader.read(kid.start_byte, kid.end_byte) == "type":
            words.add("type")  # `export type * from`, which the grammar doesn't know
        elif kid.is_named:
            declarations += (
                body(reader, kid, depth) if kid.kind_id in reader.lists else _one(reader, kid, depth)
            )
        else:
            words.add(kind)
    if names is not None:
        out.append(Export(start, end, None, names, source, type_only="type" in words or type_only))
        out += declarations  # what an error left among the names
        return
    default = "default" in words or "=" in words
    for declaration in declarations:
        alone = len(declarations) == 1
        if isinstance(declaration, Class):
            declaration.decorators = decorators + declaration.decorators
            declaration.start = start if decorators else declaration.start
        if (isinstance(declaration, Other) and declaration.kind in _NOT_EXPORTED) or "as" in words:
            out.append(declaration)
            continue
        place = (start, end) if alone else (declaration.start, declaration.end)
        out.append(Export(*place, declaration, default=default))
    if not declarations:
        out.append(Other(start, end, node.type, []))


_NOT_EXPORTED = frozenset(
    {"ERROR", "ambient_declaration", "function_signature", "interface_declaration", "type_alias_declaration"}
)


def _one(reader: Reader, node: Raw, depth: int) -> list[Node]:
    return [reader.table[node.kind_id](reader, node, depth + 1)]


HANDLERS: dict[str, Handler] = {"import_statement": importing}

LISTS: dict[str, ListHandler] = {"export_statement": exporting}
