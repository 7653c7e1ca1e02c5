"""Values made of others: objects, arrays and classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import Ctx
from biconvex.lint.analysis.promises import drafts_of, settle
from biconvex.lint.analysis.results import escape
from biconvex.lint.analysis.values import ClassValue, Closure, Constant, Record, Sequence, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.analysis.evaluate import Evaluator
    from biconvex.lint.analysis.promises import Draft
    from biconvex.lint.analysis.scopes import Scope

__all__ = ["array_value", "class_value", "object_value"]


def object_value(evaluator: Evaluator, node: syntax.Object, scope: Scope) -> Value | None:
    """Give an object with what is spread into it."""
    fields: dict[str, Value | None] = {}
    nodes: dict[str, syntax.Node] = {}
    base: Value | None = None
    complete = True
    for item in node.properties:
        value = evaluator.value(item.value, scope)
        if drafts_of(value):
            settle(value, "stored")
        escape(value)
        if type(item) is syntax.Property:
            if item.computed is not None:
                key = evaluator.value(item.computed, scope)
                name = key.value if isinstance(key, Constant) else None
            else:
                name = item.key
            if isinstance(name, str):
                if type(value) is Closure:
                    value.name = value.name or name
                fields[name] = value
                nodes[name] = item.value
            else:
                complete = False
        elif isinstance(value, Record) and value.changed:
            base, complete = value, False
        elif isinstance(value, Record):
            fields.update(value.fields)
            nodes.update(value.nodes)
            base = value.base or base
            complete = complete and value.complete
        elif value is None:
            complete = False
        else:
            base = value
    return Record(fields, nodes, base, complete)


def array_value(evaluator: Evaluator, node: syntax.Array, scope: Scope) -> Value | None:
    """Give an array; the promises in it are gathered."""
    items: list[Value | None] = []
    known, bound, query = True, 0, None
    drafts: tuple[Draft, ...] = ()
    for element in node.elements:
        if type(element) is syntax.Spread:
            spread = evaluator.value(element.value, scope)
            drafts += drafts_of(spread)
            if isinstance(spread, Sequence):
                query = spread.query or query
                if spread.items is not None:
                    items += spread.items
                else:
                    known = False
                bound = -1 if spread.bound is None or bound < 0 else bound + spread.bound
            else:
                known, bound = False, -1
        else:
            value = evaluator.value(element, scope)
            if type(value) is Sequence:
                escape(value)
            items.append(value)
            drafts += drafts_of(value)
            bound += 1 if bound >= 0 else 0
    for draft in drafts:
        draft.settle("gathered")
    return Sequence(bound if bound >= 0 else None, query, tuple(items) if known else None, drafts)


def class_value(evaluator: Evaluator, node: syntax.Class, scope: Scope) -> ClassValue:
    """Give a class with its members; what their initialisers say is evaluated here."""
    for part in (*node.decorators, *node.bases):
        evaluator.value(part, scope)
    members: dict[str, Value | None] = {}
    fields: dict[str, Value | None] = {}
    found = ClassValue(node, scope, members, fields)
    for part in node.body:
        if type(part) is syntax.Property:
            value = evaluator.value(part.value, scope)
            if part.key is not None:
                members[part.key] = value
                if type(value) is Closure:
                    value.name = value.name or part.key
            if part.key in {"constructor", "__init__"} and isinstance(part.value, syntax.Function):
                fields.update(_kept(part.value, scope))
        else:
            evaluator.visit(part, scope)
    return found


def _kept(constructor: syntax.Function, scope: Scope) -> Iterator[tuple[str, Value]]:
    """Give the parameters of a constructor that are a ctx by their type: it keeps them under their names."""
    for parameter in constructor.parameters:
        found = scope.module.types.annotation(parameter.annotation)
        if found is not None and isinstance(parameter.target, syntax.Name):
            yield parameter.target.id, Ctx(found.path)
