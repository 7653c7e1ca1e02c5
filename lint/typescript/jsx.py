"""Elements of JSX: an `Other("jsx")` of the component it names, the values of its attributes, and what is in it.

Tags of HTML (`div`), text, and the names of attributes leave no trace.
"""

from __future__ import annotations

from biconvex.lint.syntax import Node, Other
from biconvex.lint.typescript.expressions import name
from biconvex.lint.typescript.reader import Handler, Raw, Reader, guarded, items

__all__ = ["HANDLERS"]


@guarded
def jsx(reader: Reader, node: Raw, depth: int) -> Node:
    """An element of JSX: the component it names, and the expressions within."""
    if node.type == "jsx_self_closing_element":
        return Other(node.start_byte, node.end_byte, "jsx", _tag(reader, node, depth))
    out: list[Node] = []
    for kid in reader.kids(node, depth):
        if kid.type == "jsx_opening_element":
            out += _tag(reader, kid, depth)
        elif kid.type == "jsx_expression":
            out += items(reader, kid, depth)
        elif kid.type in _JSX_ELEMENTS:
            out.append(reader.table[kid.kind_id](reader, kid, depth + 1))
    return Other(node.start_byte, node.end_byte, "jsx", out)


_JSX_ELEMENTS = frozenset({"jsx_element", "jsx_self_closing_element"})
_JSX_COMPONENTS = frozenset({"member_expression", "nested_identifier"})


def _tag(reader: Reader, node: Raw, depth: int) -> list[Node]:
    """The component that a tag names (`div` is none) and the values of its attributes."""
    out: list[Node] = []
    for kid in reader.kids(node, depth):
        if kid.type == "jsx_attribute":
            for value in reader.kids(kid, depth)[1:]:
                if value.type == "jsx_expression":
                    out += items(reader, value, depth)
                else:
                    out.append(reader.table[value.kind_id](reader, value, depth + 1))
        elif kid.type == "jsx_expression":
            out += items(reader, kid, depth)
        elif kid.type == "identifier":
            if not reader.text[kid.start_byte].islower():
                out.append(name(reader, kid, depth))
        elif kid.type in _JSX_COMPONENTS:
            out.append(reader.table[kid.kind_id](reader, kid, depth + 1))
        else:
            reader.skip(kid)
    return out


HANDLERS: dict[str, Handler] = {
    "jsx_element": jsx,
    "jsx_self_closing_element": jsx,
}
