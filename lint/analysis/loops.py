"""How often a counted loop runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.values import Constant, Value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bounds_of", "is_endless"]


def bounds_of(loop: syntax.Loop, value: Callable[[syntax.Node], Value | None]) -> int | None:
    """Give the rounds of `for (let i = 0; i < 10; i++)`; None when they aren't constant."""
    if len(loop.header) < 3:
        return None
    start, test, step = loop.header[:3]
    if not (isinstance(start, syntax.Declare) and isinstance(start.target, syntax.Name) and start.value):
        return None
    if not (isinstance(test, syntax.Operation) and test.operator in {"<", "<="} and len(test.operands) == 2):
        return None
    counter, limit = test.operands
    if not (isinstance(counter, syntax.Name) and counter.id == start.target.id):
        return None
    if not (isinstance(step, syntax.Assign) and step.operator == "+="):
        return None
    numbers = [_number(value(node)) for node in (start.value, limit, step.value)]
    first, last, by = numbers
    if first is None or last is None or by is None or by <= 0:
        return None
    distance = last - first + (1 if test.operator == "<=" else 0)
    return max(0, int(-(-distance // by)))


def _number(value: Value | None) -> float | None:
    if isinstance(value, Constant) and type(value.value) in (int, float):
        return float(value.value or 0)
    return None


def is_endless(loop: syntax.Loop) -> bool:
    """Tell whether nothing but the body ends a loop: `while (true)`, `for (;;)`."""
    if loop.kind == "for":
        return not loop.header
    if loop.kind not in {"while", "do"} or len(loop.header) != 1:
        return False
    test = loop.header[0]
    return isinstance(test, syntax.Literal) and test.value in (True, 1)
