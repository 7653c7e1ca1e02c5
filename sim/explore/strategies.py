"""Hypothesis strategies for the arguments of functions, from their validators (semantics §3).

What they give is valid, so that the function itself is what gets tested. Ids are mostly of documents that exist, texts
often ones that stand in documents: a search for something random finds nothing. Which documents there are shows only
when the call is made, so that such values are drawn as references.
"""

from __future__ import annotations

import math
from typing import Any, Final

from biconvex.sim.explore.seen import CursorReference, IdReference, TextReference
from biconvex.sim.values import (
    MAX_INT64,
    MIN_INT64,
    ArrayValidator,
    IdValidator,
    Int64,
    LiteralValidator,
    ObjectValidator,
    RecordValidator,
    UnionValidator,
    Validator,
)
from hypothesis import strategies as st

__all__ = ["Arguments"]

Strategy = st.SearchStrategy[Any]

_MOST_ELEMENTS: Final = 4
_LONGEST_TEXT: Final = 24
_MOST_ON_A_PAGE: Final = 20
_PAGINATION: Final = frozenset({"numItems", "cursor"})
_FIELD_NAMES: Final = st.from_regex(r"[a-z][a-z0-9_ ]{0,8}", fullmatch=True)
_ODD_NUMBERS: Final = (-0.0, 0.5, -1.0, math.nan, math.inf, -math.inf, 2.0**53, 1e308, 5e-324)
_ODD_INTEGERS: Final = (-1, 2**53 + 1, MIN_INT64, MAX_INT64)
_ODD_TEXTS: Final = (" ", "0", "null", "undefined", "__proto__", "\0", "İ", "\N{GRINNING FACE}", "x" * 300)
_SCALARS: Final[dict[str, Strategy]] = {
    "null": st.none(),
    "float64": st.one_of(st.integers(0, 1000).map(float), st.sampled_from(_ODD_NUMBERS), st.floats()),
    "int64": st.one_of(
        st.integers(0, 1000), st.sampled_from(_ODD_INTEGERS), st.integers(MIN_INT64, MAX_INT64)
    ).map(Int64),
    "commitTs": st.integers(0, MAX_INT64).map(Int64),
    "boolean": st.booleans(),
    "bytes": st.binary(max_size=16),
}
_NUMBERS: Final = st.integers(0, 1000)
_ONE_IN_SIXTEEN: Final = st.integers(0, 15).map(lambda drawn: drawn == 15)
_PAGES: Final = st.fixed_dictionaries(
    {
        "numItems": st.integers(1, _MOST_ON_A_PAGE).map(float),
        "cursor": st.one_of(st.none(), st.builds(CursorReference, _NUMBERS)),
    }
)


class Arguments:
    """Strategies by validator. What they draw may have references in it: `resolved` puts values in their place."""

    def __init__(self) -> None:
        self._known: dict[Validator, Strategy] = {}
        texts = st.text(max_size=_LONGEST_TEXT)
        self._texts = st.one_of(texts, st.sampled_from(_ODD_TEXTS), st.builds(TextReference, _NUMBERS, texts))
        scalars = st.one_of(self._texts, *_SCALARS.values())
        self._anything = st.recursive(
            scalars,
            lambda inner: st.one_of(
                st.lists(inner, max_size=_MOST_ELEMENTS),
                st.dictionaries(_FIELD_NAMES, inner, max_size=_MOST_ELEMENTS),
            ),
            max_leaves=6,
        )

    @property
    def anything(self) -> Strategy:
        """Values of any kind."""
        return self._anything

    def of(self, validator: Validator) -> Strategy:
        """Values that pass a validator, whatever exists by then; of a table that nobody knows there are none."""
        known = self._known.get(validator)
        if known is None:
            known = self._known[validator] = self._made(validator)
        return known

    def _made(self, validator: Validator) -> Strategy:
        if isinstance(validator, ObjectValidator):
            if validator.fields.keys() >= _PAGINATION:
                return _PAGES
            parts = {name: self.of(field) for name, field in sorted(validator.fields.items())}
            optional = {name: parts[name] for name in parts if validator.fields[name].is_optional}
            required = {name: parts[name] for name in parts if name not in optional}
            return st.fixed_dictionaries(required, optional=optional)
        if isinstance(validator, ArrayValidator):
            return st.lists(self.of(validator.element), max_size=_MOST_ELEMENTS)
        if isinstance(validator, RecordValidator):
            names = _FIELD_NAMES if validator.key.kind == "string" else self.of(validator.key)
            return st.dictionaries(names, self.of(validator.value), max_size=_MOST_ELEMENTS)
        if isinstance(validator, UnionValidator):
            return st.one_of(*map(self.of, validator.members))
        if isinstance(validator, LiteralValidator):
            return st.just(validator.value)
        if isinstance(validator, IdValidator):
            return st.builds(IdReference, st.just(validator.table_name), _NUMBERS, _ONE_IN_SIXTEEN)
        if validator.kind == "string":
            return self._texts
        return _SCALARS.get(validator.kind, self._anything)
