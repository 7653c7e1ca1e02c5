"""Text search beside a model that splits and scores every document that a transaction should see, for every search."""

from __future__ import annotations

import math
import re
from struct import pack, unpack
from typing import Any

from biconvex.sim.store import Conflict, Transaction
from biconvex.sim.values import UNDEFINED
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from search_kit import messages, search
from store_kit import NOW, drain, insert_all

Document = dict[str, Any]

WORDS = ["a", "ab", "abc", "b", "ba", "c"]
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
channels = st.sampled_from(["x", "y", UNDEFINED])
documents = st.fixed_dictionaries(
    {"body": st.one_of(texts, texts, st.none())}, optional={"channel": st.sampled_from("xy")}
)
patches = st.fixed_dictionaries(
    {}, optional={"body": st.one_of(texts, st.none()), "channel": channels, "other": st.just(1.0)}
)
choices = st.integers(0, 99)


def rounded(number: float) -> float:
    """The nearest float32."""
    value: float = unpack("<f", pack("<f", number))[0]
    return value


def ranking(view: dict[str, Document], text: str, channel: Any) -> list[str]:
    """The ids of what a search should find, in its order, by the formula and from nothing but the documents."""
    tokens = {key: re.findall(r"\w+", value["body"] or "") for key, value in view.items()}
    *whole, last = re.findall(r"\w+", text) or [""]
    if not last:
        return []
    exact = {token for token in [*whole, last] if any(token in found for found in tokens.values())}
    prefixed = {token for found in tokens.values() for token in found if token.startswith(last)} - exact
    average = rounded(rounded(sum(map(len, tokens.values()))) / rounded(len(view))) if view else 0.0
    scored = []
    for key, found in tokens.items():
        score = 0.0
        for term in sorted(exact | prefixed):
            if term not in found:
                continue
            holders = sum(term in others for others in tokens.values())
            idf = rounded(math.log(1 + rounded((len(view) - holders + 0.5) / (holders + 0.5))))
            weight = rounded(rounded(idf * rounded(1 + rounded(1.2))) * (1.0 if term in exact else 0.5))
            norm = rounded(rounded(1.2) * rounded(0.25 + rounded(rounded(0.75 * len(found)) / average)))
            count = found.count(term)
            score = rounded(score + rounded(weight * rounded(count / rounded(count + norm))))
        if score and (
            channel is None
            or view[key].get("channel", UNDEFINED) is channel
            or view[key].get("channel") == channel
        ):
            scored.append((score, view[key]["_creationTime"], key))
    return [key for _, _, key in sorted(scored, reverse=True)]


class Mirror:
    """A transaction and what it should see."""

    def __init__(self, transaction: Transaction, view: dict[str, Document]) -> None:
        self.transaction = transaction
        self.view = view


class SearchMachine(RuleBasedStateMachine):
    """Several transactions at a time; each searches what it should see, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.store = messages()
        self.committed: dict[str, Document] = {}
        self.open: list[Mirror] = []

    @initialize(values=st.lists(documents, max_size=6))
    def fill(self, values: list[Document]) -> None:
        if values:
            insert_all(self.store, "m", *values)
        self.committed = {document["_id"]: document for document in self.store.documents("m")}

    @precondition(lambda self: len(self.open) < 3)
    @rule()
    def begin(self) -> None:
        self.open.append(Mirror(self.store.begin(NOW), dict(self.committed)))

    @precondition(lambda self: self.open)
    @rule(choice=choices, value=documents)
    def insert(self, choice: int, value: Document) -> None:
        mirror = self.open[choice % len(self.open)]
        key = mirror.transaction.insert("m", value)
        document = mirror.transaction.get(key)
        assert document is not None
        mirror.view[key] = document.value

    @precondition(lambda self: any(mirror.view for mirror in self.open))
    @rule(choice=choices, which=choices, partial=patches)
    def patch(self, choice: int, which: int, partial: Document) -> None:
        mirror = self._with_documents(choice)
        key = sorted(mirror.view)[which % len(mirror.view)]
        mirror.view[key] = mirror.transaction.patch(key, partial).value

    @precondition(lambda self: any(mirror.view for mirror in self.open))
    @rule(choice=choices, which=choices)
    def delete(self, choice: int, which: int) -> None:
        mirror = self._with_documents(choice)
        key = sorted(mirror.view)[which % len(mirror.view)]
        mirror.transaction.delete(key)
        del mirror.view[key]

    @precondition(lambda self: any(mirror.view for mirror in self.open))
    @rule(choice=choices, which=choices, value=documents, looks=st.booleans())
    def undo(self, choice: int, which: int, value: Document, looks: bool) -> None:
        mirror = self._with_documents(choice)
        token = mirror.transaction.savepoint()
        mirror.transaction.insert("m", value)
        mirror.transaction.delete(sorted(mirror.view)[which % len(mirror.view)])
        if looks:
            drain(mirror.transaction.query(search("a")))
        mirror.transaction.rollback_to(token)

    @precondition(lambda self: self.open)
    @rule(choice=choices, text=texts, channel=st.one_of(st.none(), channels))
    def search(self, choice: int, text: str, channel: Any) -> None:
        mirror = self.open[choice % len(self.open)]
        conditions = (
            {} if channel is None else {"channel": {"$undefined": None} if channel is UNDEFINED else channel}
        )
        results = drain(mirror.transaction.query(search(text, **conditions)))
        assert [document.id for document in results] == ranking(mirror.view, text, channel)
        assert all(document.value == mirror.view[document.id] for document in results)

    @precondition(lambda self: self.open)
    @rule(choice=choices)
    def commit(self, choice: int) -> None:
        mirror = self.open.pop(choice % len(self.open))
        try:
            self.store.commit(mirror.transaction, NOW)
        except Conflict:
            return
        self.committed = {document["_id"]: document for document in self.store.documents("m")}

    @invariant()
    def what_is_committed_is_found(self) -> None:
        reader = self.store.begin(NOW, writable=False)
        results = [document.id for document in drain(reader.query(search("b a")))]
        reader.discard()
        assert results == ranking(self.committed, "b a", None)

    def _with_documents(self, choice: int) -> Mirror:
        mirrors = [mirror for mirror in self.open if mirror.view]
        return mirrors[choice % len(mirrors)]


TestSearchMachine = SearchMachine.TestCase
TestSearchMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
