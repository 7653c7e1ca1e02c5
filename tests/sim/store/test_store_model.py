"""The store beside a model that keeps every document in a plain dict and sorts everything for every query."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import cmp_to_key
from typing import Any

from biconvex.sim.store import Conflict, QueryStream, Transaction
from biconvex.sim.values import UNDEFINED, Int64, compare, to_json_or_undefined
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from store_kit import NOW, drain, index, insert_all, scan, store, table

Document = dict[str, Any]

INDEXES: dict[str, list[str]] = {"by_a_b": ["a", "b"], "by_b": ["b"], "by_id": [], "by_creation_time": []}
NAN = float("nan")
# Values that are told apart with difficulty, or that neighbour each other in the order of all.
FAMILIES: list[list[Any]] = [
    [-0.0, 0.0, 1.0],
    [-math.inf, -0.0, NAN, 2.0],
    [None, Int64(0), 0.0, False],
    [Int64(1), 1.0, True, "1"],
    ["", "a", "a\0", "b"],
    [b"", b"\0", [], {}],
    [[], [1.0], {}, {"a": None}],
]
# An example has few values, and so many that are equal: which ones is drawn once. A number stands for one of them.
scalars = st.integers(0, 3)
patches = st.dictionaries(st.sampled_from("ab"), st.one_of(scalars, st.just(UNDEFINED)), max_size=2)
documents = st.fixed_dictionaries({}, optional={"a": scalars, "b": scalars})
bounds = st.one_of(scalars, st.just(UNDEFINED))
choices = st.integers(0, 99)


class Mirror:
    """A transaction and what its view of the database should be."""

    def __init__(self, transaction: Transaction, view: dict[str, Document], commits: int) -> None:
        self.transaction = transaction
        self.view = view
        self.commits = commits

    def sorted_by(self, names: list[str]) -> list[Document]:
        keys = [*names, "_creationTime", "_id"] if names != ["_id"] else names

        def order(left: Document, right: Document) -> int:
            for key in keys:
                result = compare(left.get(key, UNDEFINED), right.get(key, UNDEFINED))
                if result:
                    return result
            return 0

        return sorted(self.view.values(), key=cmp_to_key(order))


class StoreMachine(RuleBasedStateMachine):
    """Several transactions at a time, each beside its own copy of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.store = store(table("t", {name: INDEXES[name] for name in ("by_a_b", "by_b")}))
        self.committed: dict[str, Document] = {}
        self.commits = 0
        self.open: list[Mirror] = []
        self.palette: list[Any] = []

    @initialize(
        palette=st.sampled_from(FAMILIES).flatmap(st.permutations),
        values=st.lists(documents, min_size=2, max_size=8),
    )
    def fill(self, palette: list[Any], values: list[Document]) -> None:
        self.palette = palette
        each = [{"a": value, "b": value} for value in palette]
        for document_id in insert_all(self.store, "t", *each, *map(self.painted, values)):
            self.committed[document_id] = {}
        for document in self.store.documents("t"):
            self.committed[document["_id"]] = document

    def value(self, drawn: Any) -> Any:
        return drawn if drawn is UNDEFINED else self.palette[drawn % len(self.palette)]

    def painted(self, drawn: Document) -> Document:
        return {name: self.value(each) for name, each in drawn.items()}

    def mirror(self, choice: int) -> Mirror:
        return self.open[choice % len(self.open)]

    @precondition(lambda self: len(self.open) < 4)
    @rule()
    def begin(self) -> None:
        self.open.append(Mirror(self.store.begin(NOW), deepcopy(self.committed), self.commits))

    @precondition(lambda self: self.open)
    @rule(choice=choices, values=st.lists(documents, min_size=1, max_size=4))
    def insert(self, choice: int, values: list[Document]) -> None:
        mirror = self.mirror(choice)
        for value in map(self.painted, values):
            document_id = mirror.transaction.insert("t", value)
            found = mirror.transaction.get(document_id)
            assert found is not None
            mirror.view[document_id] = {"_id": document_id, "_creationTime": found.creation_time, **value}

    @precondition(lambda self: any(mirror.view for mirror in self.open))
    @rule(choice=choices, which=choices, patch=patches, whole=st.booleans())
    def change(self, choice: int, which: int, patch: Document, whole: bool) -> None:
        mirror, patch = self.mirror(choice), self.painted(patch)
        if not mirror.view:
            return
        document = mirror.view[sorted(mirror.view)[which % len(mirror.view)]]
        kept = {name: value for name, value in patch.items() if value is not UNDEFINED}
        if whole:
            mirror.transaction.replace(document["_id"], kept)
            for name in "ab":
                document.pop(name, None)
        else:
            mirror.transaction.patch(document["_id"], patch)
            for name in patch:
                document.pop(name, None)
        document.update(kept)

    @precondition(lambda self: any(mirror.view for mirror in self.open))
    @rule(choice=choices, which=choices)
    def delete(self, choice: int, which: int) -> None:
        mirror = self.mirror(choice)
        if mirror.view:
            document_id = sorted(mirror.view)[which % len(mirror.view)]
            mirror.transaction.delete(document_id)
            del mirror.view[document_id]

    @precondition(lambda self: self.open)
    @rule(choice=choices, values=st.lists(documents, max_size=2), which=choices)
    def undo(self, choice: int, values: list[Document], which: int) -> None:
        """Write within a savepoint and roll it back."""
        mirror = self.mirror(choice)
        token = mirror.transaction.savepoint()
        for value in map(self.painted, values):
            mirror.transaction.insert("t", value)
        if mirror.view:
            mirror.transaction.delete(sorted(mirror.view)[which % len(mirror.view)])
        mirror.transaction.rollback_to(token)

    @precondition(lambda self: self.open)
    @rule(
        choice=choices,
        name=st.sampled_from(["by_a_b", "by_b"]),
        equal=st.one_of(st.none(), bounds),
        lower=st.one_of(st.none(), st.tuples(st.sampled_from(["Gt", "Gte"]), bounds)),
        upper=st.one_of(st.none(), st.tuples(st.sampled_from(["Lt", "Lte"]), bounds)),
        reverse=st.booleans(),
        limit=st.integers(0, 8),
        wanted=st.one_of(st.none(), scalars),
        ahead=st.integers(0, 3),
    )
    def query(
        self,
        choice: int,
        name: str,
        equal: Any,
        lower: Any,
        upper: Any,
        reverse: bool,
        limit: int,
        wanted: Any,
        ahead: int,
    ) -> None:
        mirror = self.mirror(choice)
        names = INDEXES[name]
        range_ = []
        if equal is not None and len(names) > 1:
            range_.append(("Eq", names[0], self.value(equal)))
        ranged = names[len(range_)]
        range_ += [(kind, ranged, self.value(drawn)) for kind, drawn in filter(None, (lower, upper))]
        expected = [
            document for document in mirror.sorted_by(names) if all(holds(document, *each) for each in range_)
        ]
        if reverse:
            expected.reverse()
        operators = []
        if wanted is not None:
            most = self.value(wanted)
            operators.append(
                {"filter": {"$lte": [{"$field": "b"}, {"$literal": to_json_or_undefined(most)}]}}
            )
            expected = [each for each in expected if compare(each.get("b", UNDEFINED), most) <= 0]
        operators.append({"limit": limit})
        json = [(kind, field, to_json_or_undefined(value)) for kind, field, value in range_]
        query = index(f"t.{name}", *json, order="desc" if reverse else "asc", operators=tuple(operators))
        found = [document.value for document in read(mirror.transaction.query(query), ahead)]
        assert list(map(repr, map(ordered, found))) == list(map(repr, map(ordered, expected[:limit])))

    @precondition(lambda self: self.open)
    @rule(
        choice=choices, name=st.sampled_from(sorted(INDEXES)), reverse=st.booleans(), size=st.integers(1, 5)
    )
    def walk(self, choice: int, name: str, reverse: bool, size: int) -> None:
        """Page through everything: each document comes once, in order; a page read again up to its end is the same."""
        mirror = self.mirror(choice)
        expected = [each["_id"] for each in mirror.sorted_by(["_id"] if name == "by_id" else INDEXES[name])]
        query = index(f"t.{name}", order="desc" if reverse else None)
        found: list[str] = []
        cursor: str | None = None
        done = False
        while not done:
            page = mirror.transaction.paginate(query, cursor, page_size=size)
            again = mirror.transaction.paginate(query, cursor, page.continue_cursor, page_size=1)
            assert [each.id for each in again.documents] == [each.id for each in page.documents]
            found += [document.id for document in page.documents]
            cursor, done = page.continue_cursor, page.is_done
            # Only a page that could have been longer knows that it is the last one.
            assert done == (len(page.documents) < size)
        assert found == (expected[::-1] if reverse else expected)

    @precondition(lambda self: self.open)
    @rule(choice=choices)
    def look(self, choice: int) -> None:
        mirror = self.mirror(choice)
        assert mirror.transaction.count("t") == len(mirror.view)
        found = drain(mirror.transaction.query(scan("t")))
        assert [document.id for document in found] == [each["_id"] for each in mirror.sorted_by([])]
        for document_id in sorted(self.committed | mirror.view):
            document = mirror.transaction.get(document_id)
            expected = mirror.view.get(document_id)
            assert repr(document and ordered(document.value)) == repr(expected and ordered(expected))

    @precondition(lambda self: self.open)
    @rule(choice=choices)
    def commit(self, choice: int) -> None:
        mirror = self.mirror(choice)
        self.open.remove(mirror)
        try:
            commit = self.store.commit(mirror.transaction, NOW)
        except Conflict:
            assert self.commits > mirror.commits
            return
        self.commits += bool(commit.writes)
        for write in commit.writes:
            if write.after is None:
                del self.committed[write.id]
            else:
                self.committed[write.id] = mirror.view[write.id]

    @precondition(lambda self: self.open)
    @rule(choice=choices)
    def discard(self, choice: int) -> None:
        mirror = self.mirror(choice)
        self.open.remove(mirror)
        mirror.transaction.discard()

    @invariant()
    def what_is_committed_is_there(self) -> None:
        found = {document["_id"]: document for document in self.store.documents("t")}
        assert {key: repr(ordered(value)) for key, value in found.items()} == {
            key: repr(ordered(value)) for key, value in self.committed.items()
        }

    @invariant()
    def nothing_is_kept_for_nobody(self) -> None:
        if not self.open:
            found: Any = self.store.tables.get("t")
            assert (len(self.store._log), len(self.store._kept)) == (0, 0)
            assert [len(keys) for keys in found._indexes] == [len(self.committed)] * 3


def read(stream: QueryStream, ahead: int) -> list[Any]:
    """All documents of a stream, some of them looked at ahead as a host does."""
    found: list[Any] = []
    while (document := stream.next()) is not None:
        found.append(document)
        rows = stream.peek(ahead)
        stream.consume(len(rows))
        found += rows
    return found


def holds(document: Document, kind: str, name: str, value: Any) -> bool:
    result = compare(document.get(name, UNDEFINED), value)
    return {"Eq": result == 0, "Gt": result > 0, "Gte": result >= 0, "Lt": result < 0, "Lte": result <= 0}[
        kind
    ]


def ordered(document: Document) -> list[tuple[str, Any]]:
    return sorted(document.items())


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
