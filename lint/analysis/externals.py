"""Calls of what is not in the backend: Convex's packages, helpers of them, the languages' own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.analysis.components import Application
from biconvex.lint.analysis.crons import Crons
from biconvex.lint.analysis.ctx import LIBRARY, Ctx
from biconvex.lint.analysis.names import GENERATED_API, SERVER, VALUES
from biconvex.lint.analysis.promises import COMBINATORS, combine, drafts_of
from biconvex.lint.analysis.registration import (
    CUSTOM_BUILDERS,
    Customization,
    customized,
    registrar_named,
    wrapped_by,
)
from biconvex.lint.analysis.results import note_use
from biconvex.lint.analysis.routes import Router
from biconvex.lint.analysis.schema import TableDefinition, define_schema, define_table
from biconvex.lint.analysis.validators import Validator, build_validator, shape_of
from biconvex.lint.analysis.values import Closure, Constant, External, Pending, Record, Sequence, Value
from biconvex.lint.model import Place, ValidatorShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from biconvex.lint.analysis.values import CallSite

__all__ = ["PackageValue", "call_external", "external_value"]

_CALLS: dict[str, Callable[[CallSite], Value | None]] = {
    "defineTable": define_table,
    "defineSchema": define_schema,
    "cronJobs": Crons,
    "httpRouter": Router,
    "defineApp": Application,
    "defineComponent": Application,
    "makeFunctionReference": lambda site: site.argument(0),
}

_THROUGH = frozenset(
    {"Set", "list", "sorted", "reversed", "tuple", "set", "enumerate", "Array.from", "frozenset"}
)
"""Functions that give the elements they are given."""

_MEASURING = {"len": "length", "sorted": "sort"}
"""Python's functions that do what elsewhere a member of the array does."""

_ENTRIES = frozenset({"Object.keys", "Object.values", "Object.entries"})


class PackageValue(Value):
    """A whole package: `import * as server from "convex/server"`."""

    source: str

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return external_value(self.source, (name,))


def external_value(source: str, path: tuple[str, ...]) -> Value | None:
    """Give what a name of a package is; builders are values of their own."""
    if source == SERVER and len(path) == 1:
        if path[0] in {"api", "internal", "components"}:
            return External(GENERATED_API, path)
        return registrar_named(path[0]) or External(source, path)
    return External(source, path)


def call_external(external: External, site: CallSite) -> Value | None:
    """Give what a call of something out of sight gives."""
    name = external.path[-1] if external.path else ""
    if external.source == VALUES:
        return (
            build_validator(name, site) if external.path[:1] == ("v",) and len(external.path) == 2 else None
        )
    if external.source == SERVER:
        make = _CALLS.get(name)
        if make is not None:
            return make(site)
    dotted = ".".join(external.path)
    if external.source == "":
        found = _global(dotted, site)
        if found is not None:
            return found
    elif external.source == "asyncio" or external.path[:1] == ("asyncio",):
        return _asyncio(f"asyncio.{name}", site)
    if name in CUSTOM_BUILDERS:
        return customized(site)
    if name == "customCtx":
        given = site.argument(0)
        return Customization(given if isinstance(given, Closure) else None, wrapped=False, adds_args=False)
    if name in {"paginator", "stream"} and external.source.startswith("convex-helpers"):
        first = site.argument(0)
        return Ctx((*first.path, LIBRARY), first.exact) if isinstance(first, Ctx) else None
    if name in {"Table", "literals", "nullable"} and external.source.startswith("convex-helpers"):
        return _helper(name, site)
    site.evaluator.pass_on(site)
    return wrapped_by(site)


def _global(dotted: str, site: CallSite) -> Value | None:
    if dotted in COMBINATORS:
        return combine(dotted, site)
    first = site.argument(0)
    if isinstance(first, Sequence) and dotted in _MEASURING:
        note_use(first, _MEASURING[dotted], site.node, site.argument_node(0), site.scope)
    if dotted in _THROUGH:
        if isinstance(first, Sequence):
            element = first.element if dotted != "enumerate" else None
            return Sequence(first.bound, first.query, first.items, first.drafts, element=element)
        length = first.member("length") if isinstance(first, Record) else None
        if isinstance(length, Constant) and type(length.value) is int and length.value >= 0:
            return Sequence(length.value)
        return Sequence(drafts=drafts_of(first)) if dotted != "Set" or first is not None else Sequence(0)
    if dotted in _ENTRIES:
        known = isinstance(first, Record) and first.complete and first.base is None
        return Sequence(len(first.fields) if known and isinstance(first, Record) else None)
    if dotted == "range" and site.complete:
        return Sequence(
            _range([value.value for value in site.arguments if isinstance(value, Constant)], site)
        )
    if dotted == "dict" and site.keywords is not None and not site.arguments:
        return site.keywords
    return None


def _range(numbers: list[object], site: CallSite) -> int | None:
    """The rounds of `range(stop)`, `range(start, stop, step)`."""
    known = [number for number in numbers if type(number) is int]
    if (
        not known
        or len(known) != len(site.arguments)
        or (len(known) == 3 and known[2] == 0)
        or len(known) > 3
    ):
        return None
    return len(range(*known))


def _asyncio(dotted: str, site: CallSite) -> Value | None:
    if dotted in COMBINATORS:
        return combine(dotted, site)
    if dotted in {"asyncio.create_task", "asyncio.ensure_future"}:
        first = site.argument(0)
        return Pending(drafts_of(first), first.inner if isinstance(first, Pending) else None)
    site.evaluator.pass_on(site)
    return None


def _helper(name: str, site: CallSite) -> Value | None:
    """Give what some helpers of `convex-helpers` make of validators."""
    place = Place(site.scope.module.source, site.node.start, site.node.end)
    if name == "Table":
        shape = shape_of(site.argument(1), place)
        return TableDefinition(place, shape if shape.kind == "object" else None)
    if name == "nullable":
        return build_validator("nullable", site)
    members = tuple(
        ValidatorShape("literal", place, value=value.value)
        for value in site.arguments
        if isinstance(value, Constant)
    )
    complete = site.complete and len(members) == len(site.arguments)
    return Validator(ValidatorShape("union", place, members=members, complete=complete))
