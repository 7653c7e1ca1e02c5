"""The state of one translation of a TypeScript file, and what all its handlers share.

A handler turns one node of tree-sitter's tree into one node of ours. It gets the reader, the node, and how deep
the node stands, and finds the handlers of the node's children by the grammar's numbers for their kinds.
A kind that stands for any number of statements (`let a, b`, a comment) has a list handler too.

However deep a file nests, no handler recurses below `DEPTH`: what lies deeper becomes an empty `Other("deep")` in
its place, and its translation is kept among the children of the outermost such `Other`. So a walk misses nothing,
and no tree is too deep to recurse over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeAlias

from biconvex.lint.syntax import Node, Other
from tree_sitter import Language, Query, QueryCursor
from tree_sitter import Node as Raw

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DEPTH", "Grammar", "Handler", "ListHandler", "Raw", "Reader", "body", "erased", "guarded", "items",
    "listed", "other", "statements",
]  # fmt: skip

DEPTH = 100
"""The levels of nesting that are translated in place; handwritten code has far fewer."""


class Reader:
    """One file being translated: its text, the comments found so far, and what still waits for a place."""

    __slots__ = ("comments", "cut", "deferred", "grammar", "lists", "strays", "table", "text")

    def __init__(self, data: bytes, grammar: Grammar) -> None:
        self.text = data.decode("latin-1")  # one character a byte, so that byte offsets index it
        self.grammar = grammar
        self.table = grammar.table
        self.lists = grammar.lists
        self.comments: list[tuple[int, int]] = []
        self.strays: list[
            Node
        ] = []  # what stood between the parts of a node, until the statement around it ends
        self.deferred: list[tuple[Raw, Other]] = []
        self.cut: Other | None = None

    def read(self, start: int, end: int) -> str:
        """The source between two byte offsets."""
        piece = self.text[start:end]
        return piece if piece.isascii() else piece.encode("latin-1").decode("utf-8", "replace")

    def kids(self, node: Raw, depth: int) -> list[Raw]:
        """The named children of a node, with comments and errors put aside. Call it once for each node."""
        asides = self.grammar.asides
        kept = []
        for kid in node.named_children:
            if kid.kind_id in asides:
                _aside(self, kid, depth, self.strays)
            else:
                kept.append(kid)
        return kept

    def skip(self, node: Raw) -> None:
        """Leave out a node (a type), but not the comments in it."""
        if self.text.find("/", node.start_byte, node.end_byte) >= 0:
            found = QueryCursor(self.grammar.comments).captures(node)
            self.comments.extend(
                (comment.start_byte, comment.end_byte) for comment in found.get("comment", ())
            )

    def annotation(self, node: Raw) -> str:
        """The text of a type annotation, without its colon."""
        self.skip(node)
        return self.read(node.start_byte, node.end_byte).removeprefix(":").strip()

    def defer(self, node: Raw) -> Other:
        """A place for a node that stands too deep; it is translated when the file above it is done."""
        place = Other(node.start_byte, node.end_byte, "deep", [])
        self.deferred.append((node, self.cut or place))
        return place

    def finish(self) -> None:
        """Translate what was deferred, and what that defers in turn."""
        for node, cut in self.deferred:  # grows while it is read
            self.cut = cut
            cut.children.append(self.table[node.kind_id](self, node, 0))
            cut.children.extend(self.strays)
            self.strays.clear()


Handler: TypeAlias = Callable[[Reader, Raw, int], Node]
ListHandler: TypeAlias = Callable[[Reader, Raw, int, list[Node]], None]


class Grammar:
    """A tree-sitter language, its handlers by kind number, and the numbers that handlers compare with."""

    def __init__(
        self, language: Language, handlers: Mapping[str, Handler], lists: Mapping[str, ListHandler]
    ) -> None:
        """Take handlers by the names of kinds; a kind without one becomes an `Other` of its children."""
        self.language = language
        self.asides = frozenset(map(self.id, ("comment", "html_comment", "hash_bang_line", "ERROR")))
        self.annotations = frozenset(
            map(self.id, ("type_annotation", "type_predicate_annotation", "asserts_annotation"))
        )
        self.block = self.id("statement_block")
        self.computed = self.id("computed_property_name")
        self.decorator = self.id("decorator")
        self.error = self.id("ERROR")
        self.identifier = self.id("identifier")
        self.parameters = self.id("formal_parameters")
        self.property_name = self.id("property_identifier")
        self.string = self.id("string")
        self.substitution = self.id("template_substitution")
        self.this = self.id("this")
        self.comments = Query(language, "[(comment) (html_comment)] @comment")
        self.table: dict[int, Handler] = {self.error: other}
        self.lists: dict[int, ListHandler] = dict.fromkeys(self.asides, _aside)
        for number in range(language.node_kind_count):
            kind = language.node_kind_for_id(number)
            if kind is not None and language.node_kind_is_named(number):
                self.table[number] = listed if kind in lists else handlers.get(kind, other)
                if kind in lists:
                    self.lists[number] = lists[kind]

    def id(self, kind: str) -> int:
        """The number of a named kind, which the grammar must have."""
        number = self.language.id_for_node_kind(kind, True)
        if number is None:
            raise LookupError(f"the grammar of tree-sitter-typescript has no kind of node named {kind!r}")
        return number


def guarded(handler: Handler) -> Handler:
    """The handler, kept from recursing too deep. Every way around in a tree must pass a guarded handler."""

    @wraps(handler)
    def within(reader: Reader, node: Raw, depth: int) -> Node:
        return reader.defer(node) if depth > DEPTH else handler(reader, node, depth)

    return within


def statements(reader: Reader, node: Raw, depth: int) -> list[Node]:
    """What the children of a node translate to, as a list of statements."""
    out: list[Node] = []
    table, lists, strays = reader.table, reader.lists, reader.strays
    for kid in node.named_children:
        kind = kid.kind_id
        if kind in lists:
            lists[kind](reader, kid, depth + 1, out)
        else:
            out.append(table[kind](reader, kid, depth + 1))
        if strays:
            out.extend(strays)
            strays.clear()
    return out


def items(reader: Reader, node: Raw, depth: int) -> list[Node]:
    """The expressions of a list: arguments, elements."""
    out: list[Node] = []
    table, lists = reader.table, reader.lists
    for kid in node.named_children:
        kind = kid.kind_id
        if kind in lists:
            lists[kind](reader, kid, depth + 1, reader.strays)
        else:
            out.append(table[kind](reader, kid, depth + 1))
    return out


def body(reader: Reader, node: Raw, depth: int) -> list[Node]:
    """The statements of a block, or the one statement that stands in its place."""
    if node.kind_id == reader.grammar.block:
        return statements(reader, node, depth)
    out: list[Node] = []
    if node.kind_id in reader.lists:
        reader.lists[node.kind_id](reader, node, depth + 1, out)
    else:
        out.append(reader.table[node.kind_id](reader, node, depth + 1))
    return out


@guarded
def other(reader: Reader, node: Raw, depth: int) -> Node:
    """Anything without a handler of its own: its children, under its name in the grammar."""
    return Other(node.start_byte, node.end_byte, node.type, statements(reader, node, depth))


@guarded
def listed(reader: Reader, node: Raw, depth: int) -> Node:
    """A kind that has a list handler, where only one node fits."""
    out: list[Node] = []
    reader.lists[node.kind_id](reader, node, depth, out)
    return out[0] if len(out) == 1 else Other(node.start_byte, node.end_byte, node.type, out)


def erased(reader: Reader, node: Raw, _depth: int) -> Node:
    """A type, or a declaration of types alone: nothing of it exists when the program runs."""
    reader.skip(node)
    return Other(node.start_byte, node.end_byte, node.type, [])


def _aside(reader: Reader, node: Raw, depth: int, out: list[Node]) -> None:
    """Keep a comment as a comment, and what the grammar couldn't read as an `Other`."""
    if node.kind_id == reader.grammar.error:
        out.append(other(reader, node, depth))
    elif node.type != "hash_bang_line":
        reader.comments.append((node.start_byte, node.end_byte))
