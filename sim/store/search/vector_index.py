"""Vector indexes: the vectors of documents, and which of them are nearest to another. Source: semantics §12.3.

Vectors are of single precision and of length 1; a score is their exact product, rounded once. The backend adds up in
single precision, in an order that depends on its processor, so its last digits differ from one machine to the next.
"""

from __future__ import annotations

import math
from heapq import nlargest
from operator import mul
from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.values import index_key

from ..document import value_at
from .single import single, singles
from .text_index import filter_key

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Sequence

    from ..document import Document
    from ..schema import VectorIndex

__all__ = ["NearestVectors", "VectorMatch"]

# A vector with a shorter square stays as it is.
EPSILON: Final = 2.0**-23


class VectorMatch(msgspec.Struct, frozen=True):
    """A document that a vector search found, and its cosine similarity: from -1 to 1."""

    id: str
    score: float


class _Entry(msgspec.Struct, frozen=True, eq=False):
    vector: array[float]
    filters: tuple[bytes, ...]


class NearestVectors:
    """The documents of a table that have a vector of the right dimensions; others are not in the index."""

    __slots__ = ("_definition", "_entries", "_filters")

    def __init__(self, definition: VectorIndex, documents: Iterable[Document] = ()) -> None:
        self._definition = definition
        self._entries: dict[str, _Entry] = {}
        self._filters: tuple[dict[bytes, dict[str, None]], ...] = tuple({} for _ in definition.filter_fields)
        for document in documents:
            self.put(document.id, document)

    def put(self, document_id: str, document: Document | None) -> None:
        """Make `document` the version in the index; None takes it out."""
        entry = self._entries.pop(document_id, None)
        if entry is not None:
            for values, key in zip(self._filters, entry.filters, strict=True):
                documents = values[key]
                del documents[document_id]
                if not documents:
                    del values[key]
        if document is None:
            return
        vector = value_at(document.value, self._definition.vector_field)
        if not self._is_vector(vector):
            return
        keys = tuple(filter_key(document.value, field) for field in self._definition.filter_fields)
        self._entries[document_id] = _Entry(_normalized(vector), keys)
        for values, key in zip(self._filters, keys, strict=True):
            values.setdefault(key, {})[document_id] = None

    def search(
        self, vector: Sequence[float], limit: int, conditions: Sequence[tuple[int, bytes]]
    ) -> list[VectorMatch]:
        """The `limit` documents nearest to `vector`, best first, the greatest id first among equals.

        A document must meet one of the conditions (the place of a filter field, and the key of a value), if there are
        any.
        """
        entries = self._entries
        candidates: Iterable[str] = entries
        if conditions:
            allowed: dict[str, None] = {}
            for field, key in conditions:
                allowed |= self._filters[field].get(key, {})
            candidates = allowed
        wanted = _normalized(vector)
        matches = (VectorMatch(found, _product(wanted, entries[found].vector)) for found in candidates)
        return nlargest(limit, matches, key=lambda match: (index_key(match.score), match.id))

    def _is_vector(self, value: Any) -> bool:
        return (
            type(value) is list
            and len(value) == self._definition.dimensions
            and all(type(element) is float for element in value)
        )


def _normalized(vector: Sequence[float]) -> array[float]:
    numbers = singles(vector)
    square = single(math.fsum(map(mul, numbers, numbers)))
    if square < EPSILON:
        return numbers
    length = single(math.sqrt(square))
    return singles([number / length for number in numbers])


def _product(left: array[float], right: array[float]) -> float:
    return single(math.fsum(map(mul, left, right)))
