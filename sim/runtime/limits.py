"""The limits of a deployment, with the presets that people write tests against (semantics §7)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from biconvex.sim.store import DefinitionLimits, SearchLimits, TransactionLimits
from biconvex.sim.values import (
    MAX_ARRAY_LENGTH,
    MAX_NESTING,
    MAX_OBJECT_FIELDS,
    DocumentLimits,
    ValueLimits,
)
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Limits"]

_MIB = 1 << 20
_DEFINED = DefinitionLimits()
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """What functions may use. Sizes are in bytes, times in virtual milliseconds.

    `Limits()` and `Limits.current()` are today's figures; `Limits.guidelines()` the older, tighter ones that
    Convex's written guidelines name (8 MiB, 16,384 and 8,192 documents, 10 minutes for actions). Override single
    figures with `limits.model_copy(update={…})` or `Limits(documents_read=100)`. Those on any value (`array_length`,
    `object_fields`, `value_nesting`) and on what a schema defines (`tables` and those of indexes) can only be lowered.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    arguments_bytes: Count = 16 * _MIB
    node_arguments_bytes: Count = 5 * _MIB
    """Of an action in the Node runtime."""
    return_bytes: Count = 16 * _MIB
    array_length: Annotated[int, Field(ge=0, le=MAX_ARRAY_LENGTH)] = MAX_ARRAY_LENGTH
    object_fields: Annotated[int, Field(ge=0, le=MAX_OBJECT_FIELDS)] = MAX_OBJECT_FIELDS
    value_nesting: Annotated[int, Field(ge=0, le=MAX_NESTING)] = MAX_NESTING
    """Arrays and objects that are within each other, in arguments, return values and documents."""
    document_bytes: Count = _MIB
    document_nesting: Count = 16
    documents_read: Count = 32_000
    bytes_read: Count = 16 * _MIB
    database_queries: Count = 4_096
    documents_written: Count = 16_000
    bytes_written: Count = 16 * _MIB
    functions_scheduled: Count = 1_000
    scheduled_arguments_bytes: Count = 16 * _MIB
    one_scheduled_arguments_bytes: Count = 4 * _MIB
    """Of a single scheduled function; Convex warns of it, and lets it pass."""
    page_size: Count = 32_000
    http_body_bytes: Count = 20 * _MIB
    """Of a request to an HTTP action, and of its response."""
    search_terms: AtLeastOne = 16
    """Words of a text search; those that follow are not looked for."""
    search_filters: Count = 8
    search_results: AtLeastOne = 1_024
    """Documents that a text search looks at."""
    vector_search_filters: Count = 64
    vector_search_results: Count = 256
    tables: Annotated[int, Field(ge=0, le=_DEFINED.tables)] = _DEFINED.tables
    indexes_per_table: Annotated[int, Field(ge=0, le=_DEFINED.indexes)] = _DEFINED.indexes
    """Of all kinds together, staged ones too."""
    index_fields: Annotated[int, Field(ge=1, le=_DEFINED.index_fields)] = _DEFINED.index_fields
    """Of a database index, the `_creationTime` that is added included."""
    index_filter_fields: Annotated[int, Field(ge=0, le=_DEFINED.filter_fields)] = _DEFINED.filter_fields
    call_depth: Count = 8
    mutation_retries: Count = 4
    user_time_ms: Count = 1_000
    """What a query or mutation may take of its own, the functions that it calls included."""
    system_time_ms: Count = 15_000
    """What the operations of a query or mutation may take."""
    action_time_ms: Count = 1_800_000
    node_action_time_ms: Count = 600_000
    concurrent_action_operations: AtLeastOne = 8
    """Operations of one action that execute at once; others wait their turn, timers don't count."""
    concurrent_jobs: AtLeastOne = 8
    concurrent_queries: AtLeastOne = 16
    concurrent_mutations: AtLeastOne = 16
    concurrent_actions: AtLeastOne = 64
    concurrent_node_actions: AtLeastOne = 64
    permit_wait_ms: Count = 5_000
    """How long a query or mutation waits while others are as many as may run at once."""
    action_permit_wait_ms: Count = 10_000
    bytes_written_per_second: Count = 4 * _MIB
    """Of all mutations together. It means nothing where nothing takes time: it holds if operations have `Costs`."""
    log_lines: AtLeastOne = 256
    log_line_bytes: Count = 32_768
    audit_log_lines: Count = 500
    audit_log_line_bytes: Count = 100_000
    audit_log_bytes: Count = 4_000_000

    @classmethod
    def current(cls) -> Limits:
        """Today's figures."""
        return cls()

    @classmethod
    def guidelines(cls) -> Limits:
        """The figures of the written guidelines, still a good margin to design for."""
        return cls(
            arguments_bytes=8 * _MIB,
            return_bytes=8 * _MIB,
            documents_read=16_384,
            bytes_read=8 * _MIB,
            documents_written=8_192,
            bytes_written=8 * _MIB,
            scheduled_arguments_bytes=8 * _MIB,
            page_size=16_384,
            indexes_per_table=32,
            action_time_ms=600_000,
            concurrent_action_operations=1_000,
            concurrent_jobs=10,
            concurrent_actions=16,
            concurrent_node_actions=16,
            log_line_bytes=4_096,
        )

    def transaction(self) -> TransactionLimits:
        """The part that the store enforces."""
        return TransactionLimits(
            documents_read=self.documents_read,
            bytes_read=self.bytes_read,
            database_queries=self.database_queries,
            documents_written=self.documents_written,
            bytes_written=self.bytes_written,
            page_size=self.page_size,
            document=DocumentLimits(self.document_bytes, self.document_nesting),
            search=SearchLimits(
                terms=self.search_terms,
                filters=self.search_filters,
                results=self.search_results,
                vector_filters=self.vector_search_filters,
                vector_results=self.vector_search_results,
            ),
        )

    def definition(self) -> DefinitionLimits:
        """Those on what a schema defines."""
        return DefinitionLimits(
            self.tables, self.indexes_per_table, self.index_fields, self.index_filter_fields
        )

    def values(self) -> ValueLimits | None:
        """Those on any value; None where they are Convex's own, which decoding holds values to already."""
        limits = ValueLimits(self.array_length, self.object_fields, self.value_nesting)
        return None if limits == ValueLimits() else limits
