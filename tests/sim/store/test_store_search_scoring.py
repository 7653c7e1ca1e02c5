"""The numbers behind relevance: BM25 in single precision (semantics §12.2)."""

from __future__ import annotations

import math

import pytest
from biconvex.sim.store.search.scoring import TermWeight, rounded_length
from biconvex.sim.store.search.single import single, singles
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("tokens", "rounded"),
    [
        (0, 0),
        (1, 1),
        (39, 39),
        (40, 40),
        (41, 40),
        (42, 42),
        (55, 54),
        (56, 56),
        (59, 56),
        (87, 84),
        (88, 88),
        (95, 88),
    ],
)
def test_the_length_of_a_document_is_kept_in_one_byte(tokens: int, rounded: int) -> None:
    assert rounded_length(tokens) == rounded


@given(st.integers(0, 1 << 31))
def test_no_length_is_rounded_up_or_by_more_than_an_eighth(tokens: int) -> None:
    assert rounded_length(rounded_length(tokens)) == rounded_length(tokens)
    assert tokens * 7 / 8 <= rounded_length(tokens) <= tokens


def test_a_term_scores_by_its_rarity_and_saturates() -> None:
    # 10 documents of 100 tokens in all, 2 of which have the term: the average length is 10.
    weight = TermWeight(2, 10, 100, 1.0)
    idf = math.log(1 + (10 - 2 + 0.5) / (2 + 0.5))
    for occurrences, length in [(1, 10), (3, 10), (1, 5), (7, 40)]:
        expected = idf * 2.2 * occurrences / (occurrences + 1.2 * (0.25 + 0.75 * length / 10))
        assert weight.score(length, occurrences) == pytest.approx(expected, rel=1e-6)


def test_the_score_of_a_term_is_known_to_the_last_digit() -> None:
    assert TermWeight(1, 2, 5, 1.0).score(3, 1) == 0.640724241733551
    assert TermWeight(1, 2, 5, 0.5).score(3, 1) == 0.3203621208667755


@given(st.floats())
def test_singles_round_as_one_does(number: float) -> None:
    rounded = single(number)
    assert singles([number])[0] == rounded or math.isnan(number)
    assert single(rounded) == rounded or math.isnan(number)


def test_what_is_beyond_single_precision_is_infinite() -> None:
    assert (single(1e39), single(-1e39), single(1e-50)) == (math.inf, -math.inf, 0.0)
