"""A store with a text and a vector index, and searches of it, for the tests of search."""

from __future__ import annotations

from typing import Any

from biconvex.sim.store import Store, Transaction
from store_kit import NOW, drain, store, table

SEARCH = {"indexDescriptor": "by_body", "searchField": "body", "filterFields": ["channel", "pinned"]}
VECTORS = {
    "indexDescriptor": "by_embedding",
    "vectorField": "embedding",
    "dimensions": 2,
    "filterFields": ["genre"],
}

TOO_MANY = (
    "SearchQueryScannedTooManyDocumentsError",
    (
        "Search query scanned too many documents (fetched 1024). Consider using a smaller limit, paginating the query, or "
        "using a filter field to limit the number of documents pulled from the search index."
    ),
)


def messages() -> Store:
    """A store with the table `m`: a text index on `body`, a database index on `channel`."""
    return store(table("m", {"by_channel": ["channel"]}, searchIndexes=[SEARCH], vectorIndexes=[VECTORS]))


def search(
    text: str | None, *operators: dict[str, Any], index: str = "m.by_body", **conditions: Any
) -> dict[str, Any]:
    """The JSON of a search for `text` in `body`, with the values that filter fields must have."""
    filters: list[dict[str, Any]] = []
    if text is not None:
        filters.append({"type": "Search", "fieldPath": "body", "value": text})
    filters += [{"type": "Eq", "fieldPath": field, "value": value} for field, value in conditions.items()]
    return {
        "source": {"type": "Search", "indexName": index, "filters": filters},
        "operators": list(operators),
    }


def found(transaction: Transaction, query: dict[str, Any]) -> list[Any]:
    """The bodies of what a search finds, in its order."""
    return [document.value.get("body") for document in drain(transaction.query(query))]


def find(target: Store, query: dict[str, Any]) -> list[Any]:
    """The bodies of what a search finds among all that is committed."""
    transaction = target.begin(NOW)
    try:
        return found(transaction, query)
    finally:
        transaction.discard()


def say(target: Store, *bodies: str, **fields: Any) -> list[str]:
    """Commit a document for each body, the last the newest; their ids."""
    transaction = target.begin(NOW)
    ids = [transaction.insert("m", {"body": body, **fields}) for body in bodies]
    target.commit(transaction, NOW)
    return ids
