"""The database: documents in versions, ordered indexes, transactions with optimistic concurrency control, queries."""

from .commits import Commit, Conflict, Write
from .definition_limits import DefinitionLimits
from .document import Document
from .limits import SearchLimits, TransactionLimits, TransactionUsage
from .pagination import InvalidCursor, Page
from .reads import TABLE_LIST, ReadSet
from .schema import Index, Schema, SearchIndex, TableSchema, VectorIndex
from .store import Store
from .stream import QueryStream
from .transaction import Transaction

__all__ = [
    "TABLE_LIST",
    "Commit",
    "Conflict",
    "DefinitionLimits",
    "Document",
    "Index",
    "InvalidCursor",
    "Page",
    "QueryStream",
    "ReadSet",
    "Schema",
    "SearchIndex",
    "SearchLimits",
    "Store",
    "TableSchema",
    "Transaction",
    "TransactionLimits",
    "TransactionUsage",
    "VectorIndex",
    "Write",
]
