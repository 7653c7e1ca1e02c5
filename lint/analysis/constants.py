"""Constants: what literals are, and arithmetic on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.analysis.values import Constant, Value, options

if TYPE_CHECKING:
    from biconvex.lint import syntax

__all__ = ["fold", "fold_unary", "literal"]


def literal(node: syntax.Literal) -> Value | None:
    """Give the value of a literal; None for what has no use as a constant."""
    return Constant(node.value) if node.kind not in {"bigint", "bytes", "regex"} else None


def fold_unary(operator: str, value: Value | None) -> Value | None:
    """Do `-x` on a constant."""
    for option in options(value):
        if isinstance(option, Constant) and type(option.value) in (int, float) and operator == "-":
            return Constant(-option.value)  # type: ignore[operator]
    return None


def fold(operator: str, left: Value | None, right: Value | None) -> Value | None:
    """Do arithmetic on constants: what delays and limits are written in."""
    if not (isinstance(left, Constant) and isinstance(right, Constant)):
        return None
    a, b = left.value, right.value
    if type(a) is str and type(b) is str and operator == "+":
        return Constant(a + b)
    if type(a) not in (int, float) or type(b) not in (int, float):
        return None
    return _arithmetic(operator, a, b)  # type: ignore[arg-type]


def _arithmetic(operator: str, a: float, b: float) -> Value | None:
    match operator:
        case "+":
            return Constant(a + b)
        case "-":
            return Constant(a - b)
        case "*":
            return Constant(a * b)
        case "/" if b:
            quotient = a / b
            return Constant(int(quotient) if quotient.is_integer() else quotient)
        case "%" if b and a >= 0 and b > 0:
            return Constant(a % b)
    return None
