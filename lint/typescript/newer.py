"""TypeScript that is newer than the grammar, and how it is read all the same.

tree-sitter-typescript stumbles over some valid code, and then its tree is wrong far around the place. Most of it is in
types, which the syntax tree leaves out anyway. So a file that doesn't parse is parsed again with such places covered
by something of the same length that the grammar knows. What the grammar trips over in passing is *tolerated*:

* `import("…").Name<T>` and `typeof import("…")` as types: covered by a name.
* `&` in the text of JSX: covered by a letter. `using`, `await using`: covered by `const`.
* Words before a declaration or a name (`accessor`, `import defer`, `import source`, `in` and `out` of type parameters,
  `abstract` of a class without a name): covered by spaces.
* `type` in `export type * from`, and errors within a type whose brackets match: tolerated.

Everything else that tree-sitter can't read, the TypeScript compiler is taken to refuse as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node as Raw

__all__ = ["cover", "errors", "is_tolerated"]

_IMPORTED = rb"import\(\s*(?:\"[^\"\n]*\"|'[^'\n]*')\s*(?:,\s*\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}\s*)?\)"
_IMPORT_TYPE = re.compile(
    rb"typeof\s+" + _IMPORTED + rb"(?:\s*\.\s*[\w$]+)*"
    rb"|" + _IMPORTED + rb"(?:\s*\.\s*(?!then\b|catch\b|finally\b)[\w$]+)+(?=\s*<)"
)
_WORDS = re.compile(
    rb"(?<=import )(?:defer(?= \*)|source(?= [\w$]+ from\b))"
    rb"|(?<=[\s{;])accessor(?=\s+[\w$#\"'\[])"
    rb"|\babstract(?=\s+class\s*(?:\{|extends\b))"
    rb"|(?<=[<,])\s*(?:const\s+)?(?:in\s+out|in|out)(?=\s+[A-Z][\w$]*\s*[,>=]|\s+[A-Z][\w$]*\s+extends\b)"
)
_USING = re.compile(rb"\b(?:await\s+)?using(?=\s+[\w$]+\s*(?:=|of\b|:))")
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_TYPES = frozenset(
    {
        "constraint", "interface_declaration", "type_alias_declaration", "type_annotation", "type_arguments",
        "type_parameters", "extends_type_clause", "implements_clause", "type_predicate_annotation",
        "asserts_annotation", "default_type",
    }
)  # fmt: skip
_NOT_TYPES = re.compile(r".*_(statement|expression|definition)$|.*_block$|arguments|program|arrow_function")


def cover(data: bytes, root: Raw) -> bytes:
    """The text of a file that doesn't parse, as long as it was, with known newer syntax covered."""
    covered = _IMPORT_TYPE.sub(lambda found: b"T".ljust(len(found[0]), b"_"), data)
    covered = _WORDS.sub(lambda found: b" " * len(found[0]), covered)
    covered = _USING.sub(lambda found: b"const".ljust(len(found[0])), covered)
    for error in errors(root):
        parent = error.parent
        if parent is not None and parent.type.startswith("jsx_"):
            start, end = error.start_byte, error.end_byte
            covered = covered[:start] + covered[start:end].replace(b"&", b"x") + covered[end:]
    return covered


def errors(root: Raw) -> Iterator[Raw]:
    """The outermost places that tree-sitter couldn't read, or where it made something up, in source order."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            pending.extend(reversed(node.children))


def is_tolerated(error: Raw, data: bytes) -> bool:
    """Whether an error is valid syntax as far as one can tell."""
    if error.is_missing:
        return False
    text = data[error.start_byte : error.end_byte]
    parent = error.parent
    if text == b"type" and parent is not None and parent.type == "export_statement":
        return True
    return _in_type(error) and _matches(text)


def _in_type(error: Raw) -> bool:
    node = error.parent
    while node is not None and not _NOT_TYPES.match(node.type):
        if node.type in _TYPES:
            return True
        node = node.parent
    return False


def _matches(text: bytes) -> bool:
    """Whether every bracket has its partner."""
    expected: list[str] = []
    for character in text.decode("utf-8", "replace"):
        if character in "([{":
            expected.append(character)
        elif character in _BRACKETS and (not expected or expected.pop() != _BRACKETS[character]):
            return False
    return not expected
