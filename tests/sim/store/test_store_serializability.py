"""Any interleaving of transactions equals a serial one, in the order of their commits; and read sets are tight."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.store import Conflict, Store, Transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from store_kit import NOW, drain, index, insert_all, store, table

Step = tuple[str, int]

# Two tables, few values: transactions meet often. Tags make the order of an index independent of creation times.
TABLES = ("x", "y")
steps = st.tuples(
    st.sampled_from(
        ["first", "last", "from", "filter", "page", "count", "insert", "bump", "delete", "copy", "again"]
    ),
    st.integers(0, 5),
)


class Program:
    """A transaction that does step after step, and remembers what it saw.

    What it writes depends on what it has seen, so a wrong read shows in the data too.
    """

    def __init__(self, number: int, transaction: Transaction) -> None:
        self.number = number
        self.transaction = transaction
        self.steps: list[Step] = []
        self.seen: list[Any] = []
        self.last_id: str | None = None

    def run(self, step: Step) -> None:
        kind, n = step
        self.steps.append(step)
        name = TABLES[n % 2]
        getattr(self, f"do_{kind}")(name, n)

    def query(self, name: str, *range_: Any, take: int = 1, **options: Any) -> list[Any]:
        found = []
        stream = self.transaction.query(index(f"{name}.by_n", *range_, **options))
        while len(found) < take and (document := stream.next()) is not None:
            found.append(document)
        self.see(found)
        return found

    def see(self, documents: list[Any]) -> None:
        self.seen.append([(each.table, each.value["tag"], each.value["n"]) for each in documents])
        if documents:
            self.last_id = documents[0].id

    def do_first(self, name: str, n: int) -> None:
        self.query(name, take=1 + n // 2)

    def do_last(self, name: str, n: int) -> None:
        self.query(name, take=1 + n // 2, order="desc")

    def do_from(self, name: str, n: int) -> None:
        self.query(name, ("Gte", "n", n), ("Lt", "n", n + 2), take=9)

    def do_filter(self, name: str, n: int) -> None:
        self.query(name, operators=({"filter": {"$eq": [{"$field": "n"}, {"$literal": n}]}},))

    def do_page(self, name: str, n: int) -> None:
        page = self.transaction.paginate(index(f"{name}.by_n", ("Gt", "n", n - 2)), None, page_size=2)
        self.see(page.documents)
        self.seen.append(page.is_done)

    def do_count(self, name: str, n: int) -> None:
        self.seen.append(self.transaction.count(name))

    def do_insert(self, name: str, n: int) -> None:
        value = {"n": float(n), "tag": f"{self.number}/{len(self.steps)}", "seen": float(len(str(self.seen)))}
        self.transaction.insert(name, value)

    def do_bump(self, name: str, n: int) -> None:
        for document in self.query(name, ("Gte", "n", n)):
            self.transaction.patch(document.id, {"n": document.value["n"] + 1.0})

    def do_delete(self, name: str, n: int) -> None:
        for document in self.query(name, ("Gte", "n", n)):
            self.transaction.delete(document.id)

    def do_copy(self, name: str, n: int) -> None:
        for document in self.query(name, ("Lte", "n", n), order="desc"):
            tag = f"{document.value['tag']}+{self.number}/{len(self.steps)}"
            self.transaction.insert(TABLES[(n + 1) % 2], {"n": float(n), "tag": tag})

    def do_again(self, name: str, n: int) -> None:
        if self.last_id is not None:
            document = self.transaction.get(self.last_id)
            self.see([document] if document is not None else [])


def fresh() -> Store:
    target = store(*(table(name, {"by_n": ["n", "tag"]}) for name in TABLES))
    for name in TABLES:
        insert_all(target, name, *({"n": float(n), "tag": f"{name}{n}"} for n in range(4)))
    return target


def contents(target: Store) -> list[Any]:
    """All documents without what depends on the time: ids and creation times."""
    return [
        sorted((each["tag"], each["n"], each.get("seen")) for each in target.documents(name))
        for name in TABLES
    ]


class Interleaving(RuleBasedStateMachine):
    """Transactions that run step by step, in any order; the committed ones are run again one after the other.

    Every rule can always do something, and most transactions write before they commit: so nearly every example
    has transactions that depend on what others change.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store = fresh()
        self.open: list[Program] = []
        self.committed: list[Program] = []
        self.started = 0

    def at(self, choice: int) -> int:
        """Where to find one of the open transactions; there are always two or more."""
        while len(self.open) < 2:
            self.begin([])
        return choice % len(self.open)

    @rule(first=st.lists(steps, min_size=1, max_size=3))
    def begin(self, first: list[Step]) -> None:
        program = Program(self.started, self.store.begin(NOW))
        self.started += 1
        self.open.append(program)
        for step in first:
            program.run(step)
        if len(self.open) > 4:
            self.end(0)

    @rule(choice=st.integers(0, 3), step=steps)
    def step(self, choice: int, step: Step) -> None:
        self.open[self.at(choice)].run(step)

    @rule(choice=st.integers(0, 3), last=st.one_of(steps, st.just(("insert", 9)), st.just(("insert", 8))))
    def commit(self, choice: int, last: Step) -> None:
        at = self.at(choice)
        self.open[at].run(last)
        self.end(at)

    def end(self, at: int) -> None:
        program = self.open.pop(at)
        is_reader = not program.transaction.writes.writes()
        try:
            self.store.commit(program.transaction, NOW)
        except Conflict:
            return
        # A transaction that only read is as of its snapshot, not as of its commit.
        if not is_reader:
            self.committed.append(program)

    def teardown(self) -> None:
        while self.open:
            self.open[0].run(("insert", 9))
            self.end(0)
        serial = fresh()
        for program in self.committed:
            again = Program(program.number, serial.begin(NOW))
            for step in program.steps:
                again.run(step)
            assert again.seen == program.seen
            serial.commit(again.transaction, NOW)
        assert contents(serial) == contents(self.store)


TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


@settings(max_examples=120, deadline=None)
@given(
    lower=st.integers(-1, 6),
    upper=st.integers(-1, 8),
    reverse=st.booleans(),
    consumed=st.integers(0, 8),
    changed=st.sampled_from([-0.5, *(n / 2 for n in range(16))]),
)
def test_a_commit_conflicts_exactly_where_something_was_consumed(
    lower: int, upper: int, reverse: bool, consumed: int, changed: float
) -> None:
    target = store(table("t", {"by_n": ["n"]}), table("u"))
    ids = insert_all(target, "t", *({"n": float(n)} for n in range(7)))
    tx = target.begin(NOW)
    range_ = (("Gte", "n", lower), ("Lt", "n", upper))
    stream = tx.query(index("t.by_n", *range_, order="desc" if reverse else "asc"))
    rows = [float(n) for n in range(7) if lower <= n < upper]
    if reverse:
        rows.reverse()
    low, high = float(lower), upper - 0.25
    for _ in range(consumed):
        stream.next()
    if consumed == 0:
        low, high = 1.0, 0.0
    elif consumed <= len(rows):
        low, high = (rows[consumed - 1], high) if reverse else (low, rows[consumed - 1])
    tx.insert("u", {})

    other = target.begin(NOW)
    if changed.is_integer() and 0 <= changed < 7:
        other.patch(ids[int(changed)], {"x": 1.0})
    else:
        other.insert("t", {"n": changed})
    target.commit(other, NOW)
    if low <= changed <= high:
        with pytest.raises(Conflict):
            target.commit(tx, NOW)
    else:
        target.commit(tx, NOW)


def test_write_skew_is_refused() -> None:
    target = fresh()
    transactions = [target.begin(NOW), target.begin(NOW)]
    for transaction, name, other in zip(transactions, TABLES, reversed(TABLES), strict=True):
        assert len(drain(transaction.query(index(f"{other}.by_n")))) == 4
        transaction.insert(name, {"n": 0.0, "tag": "new"})
    target.commit(transactions[0], NOW)
    with pytest.raises(Conflict):
        target.commit(transactions[1], NOW)
