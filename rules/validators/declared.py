"""The validators that a backend declares, every part of them, each once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Place, ValidatorShape

__all__ = ["declared_shapes", "parts"]


@lru_cache(maxsize=1)
def declared_shapes(backend: Backend) -> tuple[ValidatorShape, ...]:
    """Give every validator within the arguments and results of functions and the documents of tables.

    A validator that is shared, through a constant, comes once.
    """
    found: dict[Place, ValidatorShape] = {}
    for root in _roots(backend):
        for shape in parts(root):
            found.setdefault(shape.place, shape)
    return tuple(found.values())


def _roots(backend: Backend) -> Iterator[ValidatorShape]:
    for function in backend.functions:
        for declaration in (function.args, function.returns):
            if declaration.shape is not None:
                yield declaration.shape
    for table in backend.schema.tables.values() if backend.schema is not None else ():
        if table.document is not None:
            yield table.document


def parts(shape: ValidatorShape) -> Iterator[ValidatorShape]:
    """Give a validator and everything within it, outside first."""
    pending = [shape]
    while pending:
        current = pending.pop()
        yield current
        if current.fields or current.members:
            pending.extend(reversed([*current.fields.values(), *current.members]))
