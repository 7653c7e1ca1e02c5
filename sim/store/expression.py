"""Filter expressions: from their JSON to a Python function of a document. Source: semantics §1.7."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.values import (
    UNDEFINED,
    DeveloperError,
    Int64,
    compare,
    display,
    from_json_or_undefined,
    type_name,
)

from .definition import parse_field_path
from .document import value_at

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compile_expression", "compile_predicate"]

_INT64: Final = range(-(1 << 63), 1 << 63)


def compile_predicate(expression: Any) -> Callable[[dict[str, Any]], bool]:
    """The function that decides whether a document passes the filter; it may raise `EvalError`."""
    evaluate = compile_expression(expression)
    return lambda document: _boolean(evaluate(document))


def compile_expression(expression: Any) -> Callable[[dict[str, Any]], Any]:
    """The function that computes an expression for a document."""
    if type(expression) is not dict or len(expression) != 1:
        raise DeveloperError(
            "InvalidArgument", "expected a filter expression: an object with a single operator"
        )
    (operator, operand), *_ = expression.items()
    if operator == "$literal":
        value = from_json_or_undefined(operand)
        return lambda _: value
    if operator == "$field":
        path = parse_field_path(operand)
        return lambda document: value_at(document, path, UNDEFINED)
    if operator in ("$and", "$or"):
        return _connective(operator, operand)
    if operator in ("$not", "$neg"):
        inner = compile_expression(operand)
        if operator == "$not":
            return lambda document: not _boolean(inner(document))
        return lambda document: _negate(inner(document))
    if operator not in _BINARY:
        raise DeveloperError("InvalidArgument", f"unknown filter operator `{operator}`")
    if type(operand) is not list or len(operand) != 2:
        raise DeveloperError("InvalidArgument", f"expected two operands of `{operator}`")
    combine = _BINARY[operator]
    left, right = map(compile_expression, operand)
    return lambda document: combine(left(document), right(document))


def _connective(operator: str, operands: list[Any]) -> Callable[[dict[str, Any]], Any]:
    members = [compile_expression(operand) for operand in operands]
    if operator == "$and":
        return lambda document: all(_boolean(member(document)) for member in members)
    return lambda document: any(_boolean(member(document)) for member in members)


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise DeveloperError(
        "EvalError", f"Cannot use value {display(value)} (type {type_name(value)}) as a Boolean"
    )


def _negate(value: Any) -> Any:
    if type(value) is float:
        return -value
    if type(value) is not Int64:
        raise DeveloperError("EvalError", f"Cannot negate {display(value)} (type {type_name(value)})")
    if -int(value) not in _INT64:
        raise DeveloperError("EvalError", f"Cannot negate {int(value)}: the result is out of range for Int64")
    return Int64(-int(value))


def _arithmetic(
    verb: str, integers: Callable[[int, int], int], floats: Callable[[float, float], float]
) -> Callable[[Any, Any], Any]:
    def combine(left: Any, right: Any) -> Any:
        if type(left) is float and type(right) is float:
            return floats(left, right)
        if type(left) is not Int64 or type(right) is not Int64:
            raise DeveloperError(
                "EvalError",
                f"Cannot {verb} {display(left)} (type {type_name(left)}) and "
                f"{display(right)} (type {type_name(right)})",
            )
        first, second = int(left), int(right)
        if second == 0 and verb in ("divide", "mod"):
            raise DeveloperError("EvalError", f"Cannot {verb} {first} by zero")
        result = integers(first, second)
        # The remainder of the least integer by -1 overflows in the backend, although it is 0.
        if result not in _INT64 or (verb == "mod" and first == _INT64.start and second == -1):
            raise DeveloperError(
                "EvalError", f"Cannot {verb} {first} and {second}: the result is out of range for Int64"
            )
        return Int64(result)

    return combine


def _truncated_quotient(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _divide(left: float, right: float) -> float:
    if right != 0.0:
        return left / right
    if left == 0.0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _remainder(left: float, right: float) -> float:
    if right == 0.0 or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


_BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "$eq": lambda left, right: compare(left, right) == 0,
    "$neq": lambda left, right: compare(left, right) != 0,
    "$lt": lambda left, right: compare(left, right) < 0,
    "$lte": lambda left, right: compare(left, right) <= 0,
    "$gt": lambda left, right: compare(left, right) > 0,
    "$gte": lambda left, right: compare(left, right) >= 0,
    "$add": _arithmetic("add", lambda left, right: left + right, lambda left, right: left + right),
    "$sub": _arithmetic("subtract", lambda left, right: left - right, lambda left, right: left - right),
    "$mul": _arithmetic("multiply", lambda left, right: left * right, lambda left, right: left * right),
    "$div": _arithmetic("divide", _truncated_quotient, _divide),
    "$mod": _arithmetic(
        "mod", lambda left, right: left - right * _truncated_quotient(left, right), _remainder
    ),
}
