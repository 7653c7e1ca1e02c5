"""Small stores and queries, for the tests of the store."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from biconvex.sim.store import Document, QueryStream, Schema, Store, Transaction
from biconvex.sim.values import DeveloperError, Int64

NOW = 1_700_000_000_000_000_000
NOW_MS = 1_700_000_000_000.0


EVERY_TYPE = (
    None,
    Int64(7),
    -1.0,
    -0.0,
    0.0,
    7.0,
    math.inf,
    math.nan,
    False,
    True,
    "",
    "b",
    b"",
    [],
    [1.0],
    {},
)


def internal_ids() -> Callable[[], bytes]:
    """Ids that look random, the same in every run, and don't sort in the order they are made."""
    numbers = count()
    return lambda: hashlib.sha256(next(numbers).to_bytes(8, "big")).digest()[:16]


def table(
    name: str, indexes: dict[str, list[str]] | None = None, document: Any = None, **more: Any
) -> dict[str, Any]:
    """The exported JSON of a table."""
    return {
        "tableName": name,
        "indexes": [
            {"indexDescriptor": index, "fields": fields} for index, fields in (indexes or {}).items()
        ],
        "searchIndexes": [],
        "vectorIndexes": [],
        "documentType": document or {"type": "any"},
        **more,
    }


def schema(*tables: dict[str, Any], validation: bool = True) -> Schema:
    return Schema.from_json({"tables": list(tables), "schemaValidation": validation})


def store(*tables: dict[str, Any]) -> Store:
    return Store(schema(*tables), internal_ids())


def scan(name: str, *operators: dict[str, Any], order: str | None = None) -> dict[str, Any]:
    """The JSON of a query over a whole table."""
    source = {"type": "FullTableScan", "tableName": name, "order": order}
    return {"source": source, "operators": list(operators)}


def index(
    name: str,
    *range_: tuple[str, str, Any],
    order: str | None = None,
    operators: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    """The JSON of a query over an index, `("Eq", "field", value)` and so on as its range."""
    comparisons = [{"type": kind, "fieldPath": field, "value": value} for kind, field, value in range_]
    source = {"type": "IndexRange", "indexName": name, "range": comparisons, "order": order}
    return {"source": source, "operators": list(operators)}


def field(name: str) -> dict[str, Any]:
    return {"$field": name}


def literal(value: Any) -> dict[str, Any]:
    return {"$literal": value}


def where(expression: Any) -> dict[str, Any]:
    return {"filter": expression}


def drain(stream: QueryStream) -> list[Document]:
    documents = []
    while (document := stream.next()) is not None:
        documents.append(document)
    return documents


def collect(transaction: Transaction, query: dict[str, Any], field: str = "n") -> list[Any]:
    """One field of every result of a query."""
    return [document.value.get(field) for document in drain(transaction.query(query))]


def insert_all(target: Store, name: str, *values: dict[str, Any], source: str | None = None) -> list[str]:
    """Insert documents in one commit."""
    transaction = target.begin(NOW)
    ids = [transaction.insert(name, value) for value in values]
    target.commit(transaction, NOW, source)
    return ids


def error_of(action: Callable[[], object]) -> tuple[str, str]:
    """The code and the message of the error that `action` raises."""
    with pytest.raises(DeveloperError) as caught:
        action()
    return caught.value.code, caught.value.message
