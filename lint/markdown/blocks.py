"""The fenced code blocks of a Markdown document, and where their lines stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.source import Language
    from markdown_it import MarkdownIt

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
_TITLE = re.compile(rf"""\b(?:title|file(?:name)?)=["']?(?P<path>{_PATH})["']?""")


@dataclass(frozen=True, slots=True)
class Block:
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
    of its fence. In MDX there are no blocks of HTML, and code isn't marked by indenting it.
    """
    lines = text.split("\n")
    for token in _parser(mdx=mdx).parse(text):
        if token.type != "fence" or token.map is None:
            continue
        tag, _, rest = token.info.strip().partition(" ")
        tag = re.split(r"[{:,]", tag.lower())[0]
        language = _LANGUAGES.get(tag)
        if language is not None:
            first = token.map[0] + 1
            content = token.content.split("\n")[:-1]
            indents = tuple(
                max(0, len(whole.rstrip("\r")) - len(line.rstrip("\r")))
                for line, whole in zip(content, lines[first:], strict=False)
            )
            yield Block(
                language, tag, _named(content, f"{token.info} {rest}"), token.content, first + 1, indents
            )


def _named(content: list[str], info: str) -> str | None:
    """Give the file that a block names."""
    head = next((line for line in content if line.strip()), "")
    found = _COMMENT.match(head) or _TITLE.search(info)
    return found["path"].removeprefix("./").lstrip("/") if found else None


def _parser(*, mdx: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 100})
    parser.disable(["inline", "reference"])
    return parser.disable(["html_block", "code"]) if mdx else parser
