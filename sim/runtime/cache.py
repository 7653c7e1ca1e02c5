"""The query cache: a query that nothing has changed for is answered without running it (semantics §6.5).

A commit only leaves a note. Whether an answer still holds is looked into when somebody asks for it again, against the
commits since it was last known to hold; an answer older than what is remembered of commits is given up.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec
from biconvex.sim.kernel import NS_PER_SECOND, Clock
from biconvex.sim.runtime.outcome import Outcome
from biconvex.sim.runtime.run import Identity
from biconvex.sim.store import TABLE_LIST, Commit, ReadSet, Store
from biconvex.sim.values import loads

__all__ = ["Answer", "QueryCache", "Question"]

_TIME_OBSERVED_NS: Final = 17 * NS_PER_SECOND
_CAPACITY_BYTES: Final = 32 << 20
_ENTRY_BYTES: Final = 1 << 10
_WRITES_REMEMBERED: Final = 4_096
# These depend on the machine that runs the simulation: asked again, the function may well answer.
_UNREPEATABLE: Final = frozenset({"UserTimeout", "HostCrashed", "OutOfMemory", "TooManyConcurrentRequests"})


class Question(msgspec.Struct, frozen=True):
    """What is asked of a query: its path, its arguments as JSON text, and where its page ended before, if it did."""

    function: str
    args: str
    journal: str | None = None


class Answer(msgspec.Struct, frozen=True, eq=False):
    """What a query answered, and what that depends on.

    `run` is the number of the run that found it, `is_current` whether nothing it read had changed when it ended.
    `journal` is where its page ended, None if it read none. `time_ns` is what a query that looked at the clock saw.
    """

    outcome: Outcome
    run: int
    reads: ReadSet
    journal: str | None
    is_current: bool
    is_personal: bool
    time_ns: int | None


class _Entry:
    """An answer, and the commit as of which it is known to hold."""

    __slots__ = ("answer", "size", "tables", "ts")

    def __init__(self, answer: Answer, ts: int, size: int) -> None:
        self.answer = answer
        self.tables = answer.reads.tables
        self.ts = ts
        self.size = size


class QueryCache:
    """Answers by question, and by who asked where the query wanted to know.

    It holds 32 MiB of the newest and most wanted. A query that looked at the clock is asked again 17 s later.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._entries: dict[tuple[Question, str | None], _Entry] = {}
        self._size = 0
        # When each table last changed, and the commits after `_horizon`.
        self._changed: dict[str, int] = {}
        self._commits: deque[Commit] = deque()
        self._writes = 0
        self._horizon = 0

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, question: Question, identity: Identity) -> Answer | None:
        """The answer if one is known that still holds; its value is the caller's own."""
        for asker in (None, _text(identity)):
            key = (question, asker)
            entry = self._entries.get(key)
            if entry is None:
                continue
            self._remove(key, entry)
            if self._holds(entry):
                self._add(key, entry)
                answer = entry.answer
                outcome = msgspec.structs.replace(answer.outcome, value=loads(answer.outcome.json))
                return msgspec.structs.replace(answer, outcome=outcome)
        return None

    def add(self, question: Question, identity: Identity, answer: Answer) -> None:
        """Keep an answer that was just found, if it may be given again."""
        outcome = answer.outcome
        failure = outcome.failure
        size = _ENTRY_BYTES + len(question.args) + len(outcome.json) + sum(map(len, outcome.logs))
        is_repeatable = failure is None or failure.code not in _UNREPEATABLE
        if not answer.is_current or not is_repeatable or size > _CAPACITY_BYTES:
            return
        key = (question, _text(identity) if answer.is_personal else None)
        known = self._entries.get(key)
        if known is not None:
            self._remove(key, known)
        kept = msgspec.structs.replace(answer, outcome=msgspec.structs.replace(outcome, value=None))
        self._add(key, _Entry(kept, self._store.last_ts, size))
        while self._size > _CAPACITY_BYTES:
            oldest = next(iter(self._entries))
            self._remove(oldest, self._entries[oldest])

    def clear(self) -> None:
        """Forget every answer: the code that gave them has changed."""
        self._entries.clear()
        self._size = 0

    def heed(self, commit: Commit) -> None:
        """Take note of a commit; what it costs doesn't depend on how many answers there are."""
        if not self._entries:
            self._changed.clear()
            self._commits.clear()
            self._writes = 0
            self._horizon = commit.ts
            return
        for table in dict.fromkeys(write.table for write in commit.writes):
            self._changed[table] = commit.ts
        if commit.new_tables:
            self._changed[TABLE_LIST] = commit.ts
        self._commits.append(commit)
        self._writes += len(commit.writes) + 1
        while self._writes > _WRITES_REMEMBERED:
            forgotten = self._commits.popleft()
            self._writes -= len(forgotten.writes) + 1
            self._horizon = forgotten.ts

    def _holds(self, entry: _Entry) -> bool:
        seen_ns = entry.answer.time_ns
        if seen_ns is not None and self._clock.now_ns - seen_ns > _TIME_OBSERVED_NS:
            return False
        if any(self._changed.get(table, 0) > entry.ts for table in entry.tables):
            if entry.ts < self._horizon:
                return False
            for commit in reversed(self._commits):
                if commit.ts <= entry.ts:
                    break
                if entry.answer.reads.is_touched_by(commit):
                    return False
        entry.ts = self._store.last_ts
        return True

    def _add(self, key: tuple[Question, str | None], entry: _Entry) -> None:
        self._entries[key] = entry
        self._size += entry.size

    def _remove(self, key: tuple[Question, str | None], entry: _Entry) -> None:
        del self._entries[key]
        self._size -= entry.size


def _text(identity: Identity) -> str:
    return msgspec.json.encode(identity, order="sorted").decode()
