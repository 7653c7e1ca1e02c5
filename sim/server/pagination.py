"""Validators of pages, as functions declare them: what `paginate` takes, and what it gives (semantics §3.1)."""

from __future__ import annotations

from typing import Final

from biconvex.sim.values import Validator, v

__all__ = ["pagination_opts_validator", "pagination_result_validator"]

pagination_opts_validator: Final = v.object(
    {
        "numItems": v.number(),
        "cursor": v.nullable(v.string()),
        "endCursor": v.optional(v.nullable(v.string())),
        "id": v.optional(v.number()),
        "maximumRowsRead": v.optional(v.number()),
        "maximumBytesRead": v.optional(v.number()),
    }
)
"""What a client sends to ask for a page."""


def pagination_result_validator(item: Validator) -> Validator:
    """The result of `paginate`, where each document of the page passes `item`."""
    status = v.union(v.literal("SplitRecommended"), v.literal("SplitRequired"), v.null())
    return v.object(
        {
            "page": v.array(item),
            "continueCursor": v.string(),
            "isDone": v.boolean(),
            "splitCursor": v.optional(v.nullable(v.string())),
            "pageStatus": v.optional(status),
        }
    )
