"""Questions to the text or the tree of a module that rules ask seldom, each answered in one pass."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from biconvex.lint.model import Module, ModuleImport

__all__ = ["asked_for_zero", "evaluated_names", "imported_for_types", "mentioned", "strings_matching"]

_TYPESCRIPT = (".ts", ".tsx", ".mts", ".cts")

_COMPARISONS: dict[str, tuple[Callable[[int, int], bool], Callable[[int, int], bool]]] = {
    "==": (operator.eq, operator.eq),
    "===": (operator.eq, operator.eq),
    "!=": (operator.ne, operator.ne),
    "!==": (operator.ne, operator.ne),
    "<": (operator.lt, operator.gt),
    "<=": (operator.le, operator.ge),
    ">": (operator.gt, operator.lt),
    ">=": (operator.ge, operator.le),
}
"""What each comparison does to a number on its left, and to one on its right."""


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


def asked_for_zero(module: Module, numbers: Iterable[syntax.Node]) -> bool:
    """Tell whether of each number, which is never negative, all that the code asks is whether it is zero.

    So it does with `if (n)`, `!n`, `n > 0`, `1 <= n`, but not with `n !== 1`. The nodes are of the module's tree.
    """
    left = {id(node) for node in numbers}
    if left:
        for node in syntax.walk(module.syntax):
            left.difference_update(map(id, _asked_for_zero(node)))
    return not left


def _asked_for_zero(node: syntax.Node) -> Iterator[syntax.Node]:
    """Give what a node asks only that of."""
    if isinstance(node, syntax.If | syntax.Conditional):
        yield from _operands_of_test(node.test)
    elif isinstance(node, syntax.Operation):
        if node.operator == "!":
            yield from _operands_of_test(node.operands[0])
        elif node.operator == "&&":
            for operand in node.operands[:-1]:
                yield from _operands_of_test(operand)
        elif node.operator in _COMPARISONS and len(node.operands) == 2:
            first, second = node.operands
            on_left, on_right = _COMPARISONS[node.operator]
            if _tells_zero(second, on_left):
                yield first
            if _tells_zero(first, on_right):
                yield second


def _operands_of_test(test: syntax.Node) -> Iterator[syntax.Node]:
    stack = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Operation) and node.operator in {"&&", "||"}:
            stack += node.operands
        else:
            yield node


def _tells_zero(limit: syntax.Node, compare: Callable[[int, int], bool]) -> bool:
    """Tell whether comparing with a number comes out the same for all numbers above zero."""
    number = limit.value if isinstance(limit, syntax.Literal) else None
    if type(number) is not int:
        return False
    most = max(number, 1)
    return compare(1, number) == compare(most, number) == compare(most + 1, number)
