"""The fenced code blocks of a Markdown document, and where their lines stand in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.source import Language
    from markdown_it.token import Token

__all__ = ["Block", "code_blocks"]

_LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(
        ("ts", "tsx", "mts", "cts", "typescript", "js", "jsx", "mjs", "cjs", "javascript"), "typescript"
    ),
    **dict.fromkeys(("py", "python", "python3"), "python"),
}
_PATH = r"[\w.@$/\[\]()-]+\.(?:[cm]?[jt]s|[jt]sx|py)"
_COMMENT = re.compile(
    rf"\s*(?://|#|/\*+)\s*(?:file(?:\s?name|\s?path)?:\s*)?`?(?P<path>{_PATH})`?\s*(?:$|\*/|[-—:(,].*)", re.I
)
_ELEMENT = re.compile(r"^[ \t]*</?[A-Za-z][^`\n]*>[ \t]*$", re.MULTILINE)
"""A line of an MDX document that has nothing but a tag: what stands between tags is Markdown again."""

_TITLE = re.compile(rf"""\b(?:title|file(?:name)?)=["']?(?P<path>{_PATH})["']?""")


class Block(msgspec.Struct, frozen=True):
    """One fenced block of code.

    `tag` is its language as the fence has it, `path` the file that it names, with forward slashes. `line` is
    the 1-based line of the document on which its text begins; `indents` has for each line of the text how many
    characters of the document stand before it.
    """

    language: Language
    tag: str
    path: str | None
    text: str
    line: int
    indents: tuple[int, ...]


def code_blocks(text: str, *, mdx: bool = False) -> Iterator[Block]:
    """Yield the blocks of TypeScript, JavaScript and Python in a document, in order.

    A block names a file in a comment on its first line that isn't blank (`// convex/http.ts`), or in the title
    of its fence.
    """
    lines = text.split("\n")
    for token in _tokens(text, mdx=mdx):
        if token.type != "fence" or token.map is None:
            continue
        tag = re.split(r"[\s{:,]", token.info.strip().lower())[0]
        language = _LANGUAGES.get(tag)
        if language is None:
            continue
        first = token.map[0] + 1
        whole = lines[first : first + token.content.count("\n")]
        content = _dedented(whole, lines[token.map[0]]) if mdx else token.content.split("\n")[:-1]
        indents = tuple(
            max(0, len(line.rstrip("\r")) - len(code.rstrip("\r")))
            for line, code in zip(whole, content, strict=True)
        )
        code = "".join(f"{line}\n" for line in content)
        yield Block(language, tag, _named(content, token.info), code, first + 1, indents)


def _tokens(text: str, *, mdx: bool) -> list[Token]:
    """Read a document. MDX has elements in place of blocks of HTML, and code isn't marked by indenting it."""
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).disable(["inline", "reference"])
    if not mdx:
        return parser.parse(text)
    return parser.disable(["html_block", "code"]).parse(_ELEMENT.sub("", text))


def _dedented(lines: list[str], fence: str) -> list[str]:
    """Take the indent of a fence away from the lines of its block, as far as they have it."""
    indent = len(fence) - len(fence.lstrip())
    return [line[min(indent, len(line) - len(line.lstrip())) :] for line in lines]


def _named(content: list[str], info: str) -> str | None:
    """Give the file that a block names."""
    head = next((line for line in content if line.strip()), "")
    found = _COMMENT.match(head) or _TITLE.search(info)
    return found["path"].removeprefix("./").lstrip("/") if found else None
