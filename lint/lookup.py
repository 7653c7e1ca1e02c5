"""Questions to the text or the tree of a module that rules ask seldom, each answered in one pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from biconvex.lint.model import Module, ModuleImport

__all__ = ["evaluated_names", "imported_for_types", "mentioned", "strings_matching"]

_TYPESCRIPT = (".ts", ".tsx", ".mts", ".cts")


def strings_matching(module: Module, pattern: re.Pattern[bytes]) -> Iterator[tuple[Place, str]]:
    """Give each string or template of a module whose text, without its quotes, a pattern is found in, with the text.

    The whole file is searched first, so that a module without a match costs next to nothing.
    """
    if pattern.search(module.source.data) is None:
        return
    for node in syntax.walk(module.syntax):
        if isinstance(node, syntax.Template):
            text = node.text
        elif isinstance(node, syntax.Literal) and isinstance(node.value, str) and node.kind == "string":
            text = node.value
        else:
            continue
        if pattern.search(text.encode()):
            yield Place(module.source, node.start, node.end), text


def imported_for_types(module: Module, imported: ModuleImport) -> bool:
    """Tell whether an import leaves no trace at run time: TypeScript drops one whose names are all used as types."""
    if imported.type_only:
        return True
    if not imported.names or not module.source.path.endswith(_TYPESCRIPT):
        return False
    names = {local for _, local in imported.names}
    return not any(_uses(node, names) for node in syntax.walk(module.syntax))


def _uses(node: syntax.Node, names: set[str]) -> bool:
    if isinstance(node, syntax.Name):
        return node.id in names
    return isinstance(node, syntax.Export) and any(local in names for local, _ in node.names)


def evaluated_names(module: Module) -> Iterator[syntax.Name]:
    """Give each name that is read while a module is loaded: at its top level, outside of functions."""
    stack: list[syntax.Node] = list(module.syntax.body)
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Name):
            yield node
        elif isinstance(node, syntax.Function):
            stack += node.decorators
        elif isinstance(node, syntax.Class):
            stack += [*node.decorators, *node.bases]
        elif isinstance(node, syntax.Declare):
            if node.value is not None:
                stack.append(node.value)
        elif not isinstance(node, syntax.Import):
            stack.extend(syntax.children(node))


def mentioned(modules: Iterable[Module], names: Iterable[str]) -> set[str]:
    """Give those names that stand anywhere in the text of a module, in strings and comments, too."""
    wanted = set(names)
    if not wanted:
        return set()
    either = "|".join(re.escape(name) for name in sorted(wanted))
    pattern = re.compile(rf"(?:{either})(?![\w$])".encode())
    return {found.decode() for module in modules for found in pattern.findall(module.source.data)} & wanted
