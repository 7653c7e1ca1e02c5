"""Which validators can be the keys of a record. Source: semantics §3.1."""

from __future__ import annotations

from .validators import IdValidator, LiteralValidator, UnionValidator, Validator

__all__ = ["holds_string_literal", "is_subset_of_string"]


def is_subset_of_string(validator: Validator) -> bool:
    """Whether everything that passes `validator` passes `v.string()`."""
    if isinstance(validator, UnionValidator):
        return all(map(is_subset_of_string, validator.members))
    if isinstance(validator, LiteralValidator):
        return type(validator.value) is str
    return isinstance(validator, IdValidator) or validator.kind == "string"


def holds_string_literal(validator: Validator) -> bool:
    """Whether `validator` is a string literal or a union with one in it."""
    if isinstance(validator, UnionValidator):
        return any(map(holds_string_literal, validator.members))
    return isinstance(validator, LiteralValidator) and type(validator.value) is str
