"""Conditions: what `filter`, `with_index` and searches take (semantics §1.6, §1.7, §12.2, §12.3)."""

from __future__ import annotations

from typing import Any

from biconvex.sim.values import to_json_or_undefined

__all__ = [
    "Expression",
    "FilterBuilder",
    "IndexRangeBuilder",
    "SearchFilterBuilder",
    "VectorFilterBuilder",
    "expression",
]


class Expression:
    """A condition or a computed value, in its exported JSON form."""

    __slots__ = ("json",)

    def __init__(self, json: Any) -> None:
        self.json = json

    def __bool__(self) -> bool:
        raise TypeError(
            "a filter expression has no truth value: combine them with q.and_(…), q.or_(…), q.not_(…)"
        )


def expression(value: Any) -> Any:
    """The exported form of an expression; any other value becomes a literal."""
    return value.json if isinstance(value, Expression) else {"$literal": to_json_or_undefined(value)}


class FilterBuilder:
    """`q` in `.filter(lambda q: q.eq(q.field("done"), False))`."""

    def field(self, path: str) -> Expression:
        """A field of the document; dots lead into nested objects."""
        return Expression({"$field": path})

    def eq(self, left: Any, right: Any) -> Expression:
        """`left` equals `right`, types included."""
        return _pair("$eq", left, right)

    def neq(self, left: Any, right: Any) -> Expression:
        """`left` differs from `right`."""
        return _pair("$neq", left, right)

    def lt(self, left: Any, right: Any) -> Expression:
        """`left` sorts before `right`."""
        return _pair("$lt", left, right)

    def lte(self, left: Any, right: Any) -> Expression:
        """`left` sorts before `right` or equals it."""
        return _pair("$lte", left, right)

    def gt(self, left: Any, right: Any) -> Expression:
        """`left` sorts after `right`."""
        return _pair("$gt", left, right)

    def gte(self, left: Any, right: Any) -> Expression:
        """`left` sorts after `right` or equals it."""
        return _pair("$gte", left, right)

    def add(self, left: Any, right: Any) -> Expression:
        """`left + right`."""
        return _pair("$add", left, right)

    def sub(self, left: Any, right: Any) -> Expression:
        """`left - right`."""
        return _pair("$sub", left, right)

    def mul(self, left: Any, right: Any) -> Expression:
        """`left * right`."""
        return _pair("$mul", left, right)

    def div(self, left: Any, right: Any) -> Expression:
        """`left / right`."""
        return _pair("$div", left, right)

    def mod(self, left: Any, right: Any) -> Expression:
        """The remainder of `left / right`."""
        return _pair("$mod", left, right)

    def neg(self, value: Any) -> Expression:
        """`-value`."""
        return Expression({"$neg": expression(value)})

    def and_(self, *conditions: Any) -> Expression:
        """All conditions hold."""
        return Expression({"$and": [expression(condition) for condition in conditions]})

    def or_(self, *conditions: Any) -> Expression:
        """Some condition holds."""
        return Expression({"$or": [expression(condition) for condition in conditions]})

    def not_(self, condition: Any) -> Expression:
        """The condition doesn't hold."""
        return Expression({"$not": expression(condition)})


def _pair(operator: str, left: Any, right: Any) -> Expression:
    return Expression({operator: [expression(left), expression(right)]})


class IndexRangeBuilder:
    """`q` in `.with_index("by_owner", lambda q: q.eq("owner", me).gt("due", 0))`."""

    def __init__(self, steps: tuple[dict[str, Any], ...] = ()) -> None:
        self._steps = steps
        self._used = False

    def _then(self, kind: str, field: str, value: Any) -> IndexRangeBuilder:
        if self._used:
            raise RuntimeError(
                "IndexRangeBuilder has already been used! Chain your method calls like "
                "`lambda q: q.eq(…).eq(…)`. See https://docs.convex.dev/using/indexes"
            )
        self._used = True
        step = {"type": kind, "fieldPath": field, "value": to_json_or_undefined(value)}
        return IndexRangeBuilder((*self._steps, step))

    def eq(self, field: str, value: Any) -> IndexRangeBuilder:
        """Only where the field equals the value."""
        return self._then("Eq", field, value)

    def gt(self, field: str, value: Any) -> IndexRangeBuilder:
        """Only where the field sorts after the value."""
        return self._then("Gt", field, value)

    def gte(self, field: str, value: Any) -> IndexRangeBuilder:
        """Only where the field sorts after the value or equals it."""
        return self._then("Gte", field, value)

    def lt(self, field: str, value: Any) -> IndexRangeBuilder:
        """Only where the field sorts before the value."""
        return self._then("Lt", field, value)

    def lte(self, field: str, value: Any) -> IndexRangeBuilder:
        """Only where the field sorts before the value or equals it."""
        return self._then("Lte", field, value)

    def export(self) -> list[dict[str, Any]]:
        """The range as the query's JSON has it."""
        return list(self._steps)


class SearchFilterBuilder:
    """`q` in `.with_search_index("search_body", lambda q: q.search("body", "hi").eq("channel", general))`."""

    def __init__(self, steps: tuple[dict[str, Any], ...] = ()) -> None:
        self._steps = steps
        self._used = False

    def _then(self, kind: str, field: str, value: Any) -> SearchFilterBuilder:
        if self._used:
            raise RuntimeError(
                "SearchFilterBuilder has already been used! Chain your method calls like "
                "`lambda q: q.search(…).eq(…)`."
            )
        self._used = True
        return SearchFilterBuilder((*self._steps, {"type": kind, "fieldPath": field, "value": value}))

    def search(self, field: str, text: str) -> SearchFilterBuilder:
        """Only where the field has some word of the text; the best matches come first."""
        return self._then("Search", field, text)

    def eq(self, field: str, value: Any) -> SearchFilterBuilder:
        """Only where the field, one of the index's filter fields, equals the value."""
        return self._then("Eq", field, to_json_or_undefined(value))

    def export(self) -> list[dict[str, Any]]:
        """The search as the query's JSON has it."""
        return list(self._steps)


class VectorFilterBuilder:
    """`q` in `ctx.vector_search(…, filter=lambda q: q.or_(q.eq("genre", "comedy"), q.eq("genre", "drama")))`."""

    def eq(self, field: str, value: Any) -> Expression:
        """The field, one of the index's filter fields, equals the value."""
        if not isinstance(field, str):
            raise TypeError("The first argument to `q.eq` must be a field name.")
        return Expression({"$eq": [{"$field": field}, expression(value)]})

    def or_(self, *conditions: Any) -> Expression:
        """Some condition holds."""
        return Expression({"$or": [expression(condition) for condition in conditions]})
