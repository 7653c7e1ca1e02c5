"""What one transaction sees of a text index: the committed index, put back to its snapshot, and its own writes.

The index itself has only the newest versions. A document that a later commit or the transaction has changed is hidden,
and its version that the transaction sees is added; statistics are those of what is seen. So a search costs nothing more
while nothing of the table has changed since the snapshot, and else in proportion to what has.
"""

from __future__ import annotations

from heapq import merge, nlargest
from itertools import chain
from typing import TYPE_CHECKING, Final

from biconvex.sim.values import index_key

from .scoring import TermWeight
from .text_index import TextIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..commits import Commit, Write
    from ..document import Document
    from ..table import Row
    from .text_query import TextSearch

__all__ = ["TextView"]

# Of the terms that a query stands for, those of its filters included; prefixes are left out first.
MAX_TERMS: Final = 64
PREFIX_BOOST: Final = 0.5

_COMPLEMENT: Final = bytes(range(255, -1, -1))


class TextView:
    """One text index as one transaction sees it."""

    __slots__ = ("_added", "_base", "_hidden", "_own", "_table", "ts")

    def __init__(self, table: str, base: TextIndex, snapshot: int) -> None:
        # The last commit that the view knows of.
        self.ts = snapshot
        self._table = table
        self._base = base
        self._hidden = TextIndex(base.definition)
        self._added = TextIndex(base.definition)
        # The documents that the transaction has written, as it sees them.
        self._own: dict[str, Document | None] = {}

    def catch_up(self, commits: Iterable[Commit]) -> None:
        """The commits since `ts` are in the index by now; the transaction sees what it saw."""
        for commit in commits:
            self.ts = commit.ts
            for write in commit.writes:
                if write.table == self._table:
                    self._set(write.id, write.after, self._seen(write))

    def note_own(self, document_id: str, document: Document | None) -> None:
        """The transaction now sees this version of a document."""
        self._own[document_id] = document
        self._set(document_id, self._base.get(document_id), document)

    def search(self, search: TextSearch, most: int) -> list[Row]:
        """The best results, `most` of them, best first, with keys that sort in this order.

        Best is the greatest score, then the newest document, then the greatest id.
        """
        weights = self._weights(search)
        if not weights:
            return []
        found: Iterable[tuple[float, Document]] = chain(
            self._base.matches(weights, search.conditions, self._hidden),
            self._added.matches(weights, search.conditions, ()),
        )
        ranked = ((score, document.creation_time, document.id, document) for score, document in found)
        best = nlargest(most, ranked, key=lambda result: result[:3])
        return [(_key(score, time, document_id), document) for score, time, document_id, document in best]

    def _seen(self, write: Write) -> Document | None:
        if write.id in self._own:
            return self._own[write.id]
        if write.id in self._hidden or write.id in self._added:
            return self._added.get(write.id)
        return write.before

    def _set(self, document_id: str, committed: Document | None, seen: Document | None) -> None:
        if committed is seen:
            committed = seen = None
        self._hidden.put(document_id, committed)
        self._added.put(document_id, seen)

    def _weights(self, search: TextSearch) -> list[tuple[str, TermWeight]]:
        """The terms of a search that occur, with their weights; none where a filter lets nothing in."""
        if not all(
            self._base.filter_frequency(condition)
            - self._hidden.filter_frequency(condition)
            + self._added.filter_frequency(condition)
            for condition in search.conditions
        ):
            return []
        boosts = {token: 1.0 for token in search.tokens if self._frequency(token)}
        room = MAX_TERMS - len(boosts) - len(search.conditions)
        for term in self._terms_from(search.tokens[-1]) if search.tokens else ():
            if term in boosts:
                continue
            if room == 0:
                break
            room -= 1
            boosts[term] = PREFIX_BOOST
        documents = len(self._base) - len(self._hidden) + len(self._added)
        tokens = self._base.tokens - self._hidden.tokens + self._added.tokens
        # Sums of single precision depend on the order; it is that of the terms.
        return [
            (term, TermWeight(self._frequency(term), documents, tokens, boosts[term]))
            for term in sorted(boosts)
        ]

    def _terms_from(self, prefix: str) -> Iterator[str]:
        last = ""
        for term in merge(self._base.terms_from(prefix), self._added.terms_from(prefix)):
            if term != last and self._frequency(term):
                yield term
            last = term

    def _frequency(self, term: str) -> int:
        return self._base.frequency(term) - self._hidden.frequency(term) + self._added.frequency(term)


def _key(score: float, creation_time: float, document_id: str) -> bytes:
    return index_key(-score) + index_key(-creation_time) + document_id.encode().translate(_COMPLEMENT)
