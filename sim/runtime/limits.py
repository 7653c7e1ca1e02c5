"""The limits of a deployment, with the presets that people write tests against (semantics §7)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from biconvex.sim.store import TransactionLimits
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Limits"]

_MIB = 1 << 20
Count = Annotated[int, Field(ge=0)]


class Limits(BaseModel):
    """What one function may use. Sizes are in bytes, times in virtual milliseconds.

    `Limits()` and `Limits.current()` are today's figures; `Limits.guidelines()` the older, tighter ones that
    Convex's written guidelines name (8 MiB, 16,384 and 8,192 documents, 10 minutes for actions). Override single
    figures with `limits.model_copy(update={…})` or `Limits(documents_read=100)`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    arguments_bytes: Count = 16 * _MIB
    return_bytes: Count = 16 * _MIB
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
    call_depth: Count = 8
    mutation_retries: Count = 4
    user_time_ms: Count = 1_000
    """What a query or mutation may take of its own, the functions that it calls included."""
    system_time_ms: Count = 15_000
    """What the operations of a query or mutation may take."""
    action_time_ms: Count = 1_800_000
    node_action_time_ms: Count = 600_000
    concurrent_action_operations: Annotated[int, Field(ge=1)] = 8
    """Operations of one action that execute at once; others wait their turn, timers don't count."""
    concurrent_jobs: Annotated[int, Field(ge=1)] = 8
    log_lines: Annotated[int, Field(ge=1)] = 256
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
            action_time_ms=600_000,
            concurrent_action_operations=1_000,
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
        )
