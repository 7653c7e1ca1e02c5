"""What a query's `.filter(…)` requires of every document, as far as that can be followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from biconvex.lint.analysis.values import Closure, Constant, Method, Value
from biconvex.lint.model import Filter, FilterCondition

if TYPE_CHECKING:
    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import Place

__all__ = ["filter_at"]

Operation = Literal["eq", "neq", "gt", "gte", "lt", "lte"]

_FLIPPED: dict[str, Operation] = {
    "eq": "eq", "neq": "neq", "gt": "lt", "gte": "lte", "lt": "gt", "lte": "gte",
}  # fmt: skip
"""Each comparison, and what it is with its sides exchanged."""


class _Field(Value):
    """`q.field("name")`; None unless the name is literal."""

    name: str | None


class _Condition(Value):
    """What `q.eq(…)` and the like give: comparisons that must hold; with `complete` nothing else must."""

    conditions: tuple[FilterCondition, ...] = ()
    complete: bool = False


class _Builder(Value):
    """The builder that a filter's callback gets."""

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name == "field":
            field = site.argument(0)
            text = field.value if isinstance(field, Constant) else None
            return _Field(text if isinstance(text, str) else None)
        if name == "and":
            parts = [part for part in site.arguments if isinstance(part, _Condition)]
            complete = site.complete and len(parts) == len(site.arguments)
            found = tuple(condition for part in parts for condition in part.conditions)
            return _Condition(found, complete and all(part.complete for part in parts))
        return _comparison(name, site) if name in _FLIPPED else _Condition()


def _comparison(name: str, site: CallSite) -> _Condition:
    """Give `q.eq(q.field("a"), value)`, with its sides in either order."""
    left, right = site.argument(0), site.argument(1)
    operation = cast("Operation", name)
    value = site.argument_node(1)
    if isinstance(right, _Field) and not isinstance(left, _Field):
        left, right = right, left
        operation, value = _FLIPPED[name], site.argument_node(0)
    if not isinstance(left, _Field) or isinstance(right, _Field) or left.name is None:
        return _Condition()
    return _Condition((FilterCondition(operation, left.name, value),), complete=True)


def filter_at(site: CallSite, place: Place) -> Filter:
    """Give the filter that a call of `.filter` adds."""
    callback = site.argument(0)
    if not isinstance(callback, Closure):
        return Filter(place)
    found = site.evaluator.inline(callback, [_Builder()])
    if not isinstance(found, _Condition):
        return Filter(place)
    return Filter(place, found.conditions, found.complete)
