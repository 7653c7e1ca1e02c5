"""Single precision: Python's floats are double, and the backend scores with single ones."""

from __future__ import annotations

from array import array
from ctypes import c_float
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["single", "singles"]


def single(number: float) -> float:
    """The float32 nearest to `number`; what is beyond the greatest one becomes infinite.

    Rounding what a double computes of two float32 by `+ - * /` or a square root gives exactly what single precision
    does: a double has more than twice the digits.
    """
    return c_float(number).value


def singles(numbers: Iterable[float]) -> array[float]:
    """The float32 nearest to each of `numbers`."""
    return array("f", numbers)
