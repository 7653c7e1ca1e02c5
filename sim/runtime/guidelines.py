"""From where on a run goes against a guideline that has no limit of Convex's own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Guidelines"]

Count = Annotated[int, Field(ge=0)]


class Guidelines(BaseModel):
    """What `Deployment.findings` lets pass: what is more than these figures is found.

    `scanned_documents` may be read by one query of a whole table; `jobs_at_once` of one function may be scheduled by
    one run for the same time; a function may be scheduled by its own jobs `repetitions` times in a row with less than
    `repetition_ms` in between, and `batches` times without any pause, as work that is done in batches is.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    scanned_documents: Count = 1_000
    jobs_at_once: Count = 100
    repetition_ms: Count = 10_000
    repetitions: Count = 5
    batches: Count = 100
