"""Blocks that show the ends of chains alone: `.index(…)` of a table, `.withIndex(…)` of a query.

Documents write them so where only this part matters. Completed, they can be read: what defines indexes as tables of a
schema, what queries as queries of the one table that the block has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.markdown.blocks import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["completed"]

_COMMENT = re.compile(r"\s*(?://.*|/\*.*\*/\s*)?\r?")
_DEFINES = re.compile(r"\s*\.(?:index|searchIndex|vectorIndex)\(")
_QUERIES = re.compile(r"\s*\.(?:withIndex|withSearchIndex|filter|order)\(")
_TABLE = "table"


def completed(block: Block) -> dict[str, Block] | None:
    """Give the files that a block of ends of chains stands for, None for any other block.

    The lines of a file stand where they stand in the block; the others are empty.
    """
    if block.language != "typescript" or block.path is not None:
        return None
    lines = block.text.split("\n")
    chains = list(_chains(lines))
    defining = [chain for chain in chains if _DEFINES.match(lines[chain.start])]
    querying = [chain for chain in chains if _QUERIES.match(lines[chain.start])]
    if not chains or len(defining) + len(querying) != len(chains):
        return None
    files = {}
    if defining:
        before = [f"{_name(number)}: defineTable(v.any())" for number in range(len(defining))]
        before[0] = f"export default defineSchema({{ {before[0]}"
        files["schema.ts"] = _file(block, lines, list(zip(defining, before, strict=True)), ",", " })")
    if querying:
        table = f'"{_TABLE}"' if len(defining) == 1 else "_"
        before = [
            f"export const query{number} = internalQuery({{ args: {{}}, handler: (ctx) => ctx.db.query({table})"
            for number in range(len(querying))
        ]
        files["snippet.ts"] = _file(block, lines, list(zip(querying, before, strict=True)), " });", "")
    return files


def _name(number: int) -> str:
    return _TABLE if number == 0 else f"{_TABLE}{number + 1}"


def _chains(lines: list[str]) -> Iterator[range]:
    """Give the lines of each chain: those between empty ones, comments before it left out. Indexes are one each."""
    start = None
    for number, line in enumerate([*lines, ""]):
        if start is not None and (not line.strip() or _DEFINES.match(line)):
            yield range(start, number)
            start = None
        if start is None and not _COMMENT.fullmatch(line):
            start = number


def _file(block: Block, lines: list[str], chains: list[tuple[range, str]], after: str, end: str) -> Block:
    texts, indents = [""] * len(lines), list(block.indents)
    for chain, before in chains:
        texts[chain.start : chain.stop] = lines[chain.start : chain.stop]
        texts[chain.start] = before + texts[chain.start]
        # What was put before a line doesn't stand in the document.
        indents[chain.start] -= len(before)
        texts[chain.stop - 1] = _ended(texts[chain.stop - 1], after)
    texts[chains[-1][0].stop - 1] += end
    return Block(block.language, block.tag, None, "\n".join(texts), block.line, tuple(indents))


def _ended(line: str, after: str) -> str:
    """End a chain, before the comment that may follow it."""
    code, slashes, comment = line.rstrip("\r").partition(" //")
    return f"{code.rstrip().rstrip(',;')}{after}{slashes and f' /*{comment}*/'}"
