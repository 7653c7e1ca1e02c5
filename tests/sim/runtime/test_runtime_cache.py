"""The query cache by itself: what it keeps, for how long, and what a commit costs it."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.kernel import Clock
from biconvex.sim.runtime import Answer, Failure, Outcome
from biconvex.sim.runtime.cache import QueryCache, Question
from biconvex.sim.store import Schema, Store

TABLES = ("notes", "lines")
SCAN = {"source": {"type": "FullTableScan", "tableName": "notes", "order": None}, "operators": []}


class Bench:
    """A store, a cache that heeds its commits, and questions that are answered with what is in the table `notes`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._ids = 0
        tables = [{"tableName": name} for name in TABLES]
        self.store = Store(Schema.from_json({"tables": tables, "schemaValidation": False}), self._new_id)
        self.cache = QueryCache(self.store, self.clock)

    def _new_id(self) -> bytes:
        self._ids += 1
        return self._ids.to_bytes(16, "big")

    def write(self, table: str, count: int = 1) -> None:
        transaction = self.store.begin(self.clock.now_ns)
        for _ in range(count):
            transaction.insert(table, {})
        self.cache.heed(self.store.commit(transaction, self.clock.now_ns))

    def answer(self, name: str, outcome: Outcome = Outcome(1.0, "1"), **change: Any) -> None:  # noqa: B008 - frozen
        transaction = self.store.begin(self.clock.now_ns, writable=False)
        stream = transaction.query(SCAN)
        while stream.next() is not None:
            pass
        facts: dict[str, Any] = {
            "journal": None, "is_current": True, "is_personal": False, "time_ns": None, **change,
        }  # fmt: skip
        self.cache.add(Question(name, "{}"), None, Answer(outcome, 1, transaction.reads, **facts))
        transaction.discard()

    def knows(self, name: str) -> bool:
        return self.cache.find(Question(name, "{}"), None) is not None


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_answer_holds_until_what_it_read_changes(bench: Bench) -> None:
    bench.answer("q")
    bench.write("lines")
    assert bench.knows("q")
    bench.write("notes")
    assert not bench.knows("q")
    assert len(bench.cache) == 0


def test_an_answer_that_was_overtaken_by_a_commit_is_not_kept(bench: Bench) -> None:
    bench.answer("q", is_current=False)
    assert not bench.knows("q")


@pytest.mark.parametrize("code", ["UserTimeout", "HostCrashed"])
def test_a_failure_of_the_machine_is_not_kept(bench: Bench, code: str) -> None:
    bench.answer("q", Outcome(failure=Failure("gone", None, code)))
    assert not bench.knows("q")


def test_a_failure_of_the_function_is_kept(bench: Bench) -> None:
    bench.answer("q", Outcome(failure=Failure("Uncaught Error: boom")))
    assert bench.knows("q")


def test_a_commit_leaves_a_note_and_looks_at_no_answer(bench: Bench) -> None:
    for number in range(100):
        bench.answer(f"q{number}")
    bench.write("notes")
    assert len(bench.cache) == 100


def test_more_writes_than_are_remembered_give_up_what_may_have_changed(bench: Bench) -> None:
    bench.write("notes")
    bench.answer("q")
    bench.answer("other")
    bench.write("lines", 5_000)
    assert bench.knows("q")
    bench.write("notes")
    bench.write("lines", 5_000)
    assert not bench.knows("q")


def test_an_answer_that_was_asked_for_is_compared_with_newer_commits_only(bench: Bench) -> None:
    bench.answer("q")
    bench.answer("other")
    for _ in range(3):
        bench.write("lines", 3_000)
        assert bench.knows("q")
    bench.write("notes")
    assert not bench.knows("q")


def test_what_was_not_asked_for_longest_makes_room(bench: Bench) -> None:
    large = Outcome("", '"' + "x" * (8 << 20) + '"')
    for name in ("a", "b", "c"):
        bench.answer(name, large)
    assert bench.knows("a")
    bench.answer("d", large)
    assert [bench.knows(name) for name in "abcd"] == [True, False, True, True]


def test_an_answer_larger_than_the_cache_is_not_kept(bench: Bench) -> None:
    bench.answer("small")
    bench.answer("q", Outcome("", '"' + "x" * (33 << 20) + '"'))
    assert [bench.knows("small"), bench.knows("q")] == [True, False]


def test_the_answer_to_a_question_replaces_the_one_before(bench: Bench) -> None:
    bench.answer("q", Outcome(1.0, "1"))
    bench.answer("q", Outcome(2.0, "2"))
    found = bench.cache.find(Question("q", "{}"), None)
    assert found is not None
    assert (found.outcome.value, len(bench.cache)) == (2.0, 1)


def test_where_a_page_ended_belongs_to_the_question(bench: Bench) -> None:
    bench.answer("q")
    assert bench.cache.find(Question("q", "{}", "cursor"), None) is None
