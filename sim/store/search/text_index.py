"""An inverted index: which documents hold a term, and which have a value in a filter field. Source: semantics §12.2."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.values import UNDEFINED, index_key

from ..document import value_at
from ..ordered import OrderedWords, ordered_words
from .scoring import TermWeight, rounded_length
from .single import single
from .tokens import tokenize

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from ..document import Document
    from ..schema import Path, SearchIndex

__all__ = ["TextIndex", "filter_key"]

FilterCondition = tuple[int, bytes]
"""The place of a field among the index's filter fields, and the key of the value that it must have."""


class _Entry(msgspec.Struct, frozen=True, gc=False, eq=False):
    document: Document
    terms: Mapping[str, int]
    length: int
    rounded: int
    filters: tuple[bytes, ...]


def filter_key(document: dict[str, Any], field: Path) -> bytes:
    """What filters compare of a document: equal for values of the same type that are equal, missing ones included."""
    return index_key(value_at(document, field, UNDEFINED))


class TextIndex:
    """The documents of a table, by the terms of one field.

    A document whose search field holds no text is in the index, without terms: it counts in the statistics.
    """

    __slots__ = ("_entries", "_filters", "_postings", "_words", "definition", "tokens")

    def __init__(self, definition: SearchIndex, documents: Iterable[Document] = ()) -> None:
        self.definition = definition
        self._entries: dict[str, _Entry] = {}
        self._postings: dict[str, dict[str, int]] = {}
        self._filters: tuple[dict[bytes, dict[str, None]], ...] = tuple({} for _ in definition.filter_fields)
        # The terms in order, for prefixes; made when somebody first asks for one.
        self._words: OrderedWords | None = None
        self.tokens = 0
        for document in documents:
            self._add(document)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, document_id: object) -> bool:
        return document_id in self._entries

    def get(self, document_id: str) -> Document | None:
        """The version of a document that is in the index."""
        entry = self._entries.get(document_id)
        return None if entry is None else entry.document

    def put(self, document_id: str, document: Document | None) -> None:
        """Make `document` the version in the index; None takes it out."""
        self._remove(document_id)
        if document is not None:
            self._add(document)

    def frequency(self, term: str) -> int:
        """In how many documents a term occurs."""
        return len(self._postings.get(term, ()))

    def filter_frequency(self, condition: FilterCondition) -> int:
        """How many documents have a value in a filter field."""
        field, key = condition
        return len(self._filters[field].get(key, ()))

    def terms_from(self, prefix: str) -> Iterator[str]:
        """The terms that begin with `prefix`, in order."""
        if self._words is None:
            self._words = ordered_words(self._postings)
        for word in self._words.irange(prefix):
            if not word.startswith(prefix):
                return
            yield word

    def matches(
        self,
        weights: Sequence[tuple[str, TermWeight]],
        conditions: Sequence[FilterCondition],
        hidden: Container[str],
    ) -> Iterator[tuple[float, Document]]:
        """The documents that hold a term and meet all conditions, but for the hidden ones, with their scores."""
        allowed: list[Mapping[str, object]] = [self._filters[field].get(key, {}) for field, key in conditions]
        scores: dict[str, float] = {}
        for term, weight in weights:
            postings = self._postings.get(term, {})
            few, *others = sorted([postings, *allowed], key=len)
            for document_id in few:
                if document_id in hidden or any(document_id not in other for other in others):
                    continue
                score = weight.score(self._entries[document_id].rounded, postings[document_id])
                before = scores.get(document_id)
                scores[document_id] = score if before is None else single(before + score)
        for document_id, score in scores.items():
            yield score, self._entries[document_id].document

    def _add(self, document: Document) -> None:
        fields = document.value
        text = value_at(fields, self.definition.search_field)
        terms = Counter(tokenize(text)) if type(text) is str else Counter()
        length = terms.total()
        filters = tuple(filter_key(fields, field) for field in self.definition.filter_fields)
        self._entries[document.id] = _Entry(document, terms, length, rounded_length(length), filters)
        self.tokens += length
        for term, occurrences in terms.items():
            postings = self._postings.get(term)
            if postings is None:
                postings = self._postings[term] = {}
                if self._words is not None:
                    self._words.add(term)
            postings[document.id] = occurrences
        for values, key in zip(self._filters, filters, strict=True):
            values.setdefault(key, {})[document.id] = None

    def _remove(self, document_id: str) -> None:
        entry = self._entries.pop(document_id, None)
        if entry is None:
            return
        self.tokens -= entry.length
        for term in entry.terms:
            postings = self._postings[term]
            del postings[document_id]
            if not postings:
                del self._postings[term]
                if self._words is not None:
                    self._words.remove(term)
        for values, key in zip(self._filters, entry.filters, strict=True):
            documents = values[key]
            del documents[document_id]
            if not documents:
                del values[key]
