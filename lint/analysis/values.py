"""What the analysis knows of a value: a small set of abstract values, `None` where it knows nothing.

A value answers two questions: what one of its members is, and what a call of it gives. Values with a meaning
of their own (validators, query chains, ctx, builders) are subclasses in the modules that know that meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from biconvex.lint import syntax
    from biconvex.lint.analysis.evaluate import Evaluator
    from biconvex.lint.analysis.promises import Draft
    from biconvex.lint.analysis.results import ResultDraft
    from biconvex.lint.analysis.scopes import Scope
    from biconvex.lint.model import QueryChain

__all__ = [
    "CallSite", "Choice", "ClassValue", "Closure", "Constant", "Deferred", "External", "Instance", "Method",
    "Pending", "Record", "Sequence", "Value", "choose", "options",
]  # fmt: skip

_MOST_OPTIONS = 8


class Value(msgspec.Struct, eq=False):
    """An abstract value."""

    def member(self, name: str) -> Value | None:
        """Tell what `value.name` is; None when unknown."""
        return None

    def call(self, site: CallSite) -> Value | None:
        """Tell what a call of it gives; None when unknown."""
        return None

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Tell what a call of its method gives; None when unknown."""
        return None

    def shape(self) -> Hashable:
        """Give a key for what of a ctx it carries, so that a helper is analysed once for each; or None."""
        return None


class CallSite(msgspec.Struct, eq=False):
    """One call: where it stands, who evaluates it, and the values of its arguments.

    `keywords` has Python's keyword arguments; `spread` is the position of the first spread argument, if any.
    """

    evaluator: Evaluator
    node: syntax.Call
    scope: Scope
    arguments: list[Value | None]
    keywords: Record | None = None
    spread: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every argument is in sight."""
        return self.spread is None

    def argument(self, position: int, *names: str) -> Value | None:
        """Give the argument at a position, or under one of these keywords."""
        if self.spread is not None and position >= self.spread:
            return None
        if position < len(self.arguments):
            return self.arguments[position]
        return self.keywords.first(*names) if self.keywords else None

    def argument_node(self, position: int, *names: str) -> syntax.Node | None:
        """Give the source of the argument at a position, or under one of these keywords."""
        if self.spread is not None and position >= self.spread:
            return None
        if position < len(self.arguments):
            return self.node.arguments[position]
        for name in names:
            if self.keywords and name in self.keywords.nodes:
                return self.keywords.nodes[name]
        return None


class Constant(Value):
    """A string, number, boolean or null that is written in the source."""

    value: str | int | float | bool | None


class External(Value):
    """Something from a package, from generated code, or a global (then `source` is empty)."""

    source: str
    path: tuple[str, ...] = ()

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return External(self.source, (*self.path, name))

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        return site.evaluator.call_external(self, site)


_DEEPEST_RECORD = 5


def _nesting(shape: Hashable) -> int:
    """Give how many objects stand within each other."""
    if not isinstance(shape, tuple) or shape[0] != "record":
        return 0
    return 1 + max((_nesting(part) for _, part in shape[2]), default=0)


class Record(Value):
    """An object: its known properties over those of what is spread into it.

    `base` is a spread value that is not an object literal (a ctx, say); `complete` is false when there may be
    properties besides that are not known. `changed` is true once code may have given it others.
    """

    fields: Mapping[str, Value | None]
    nodes: Mapping[str, syntax.Node] = msgspec.field(default_factory=dict)
    base: Value | None = None
    complete: bool = True
    changed: bool = False

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        if name in self.fields:
            return self.fields[name]
        return self.base.member(name) if self.base else None

    def first(self, *names: str) -> Value | None:
        """Give the value of the first of these properties that there is."""
        for name in names:
            if name in self.fields:
                return self.fields[name]
        return None

    def has(self, name: str) -> bool | None:
        """Tell whether there is such a property; None when that is not known."""
        if name in self.fields:
            return True
        return False if self.complete and self.base is None else None

    def shape(self) -> Hashable:
        """Give the key of what it carries; what is nested deeper than anybody does on purpose is left out.

        A function that calls itself with an object around the one that it was given would never come to an end.
        """
        fields, base = dict(self.fields), self.base
        while isinstance(base, Record):
            fields, base = {**base.fields, **fields}, base.base
        parts = tuple(
            (key, shape)
            for key, value in sorted(fields.items(), key=lambda field: field[0])
            if value and (shape := value.shape()) and _nesting(shape) < _DEEPEST_RECORD
        )
        carried = base.shape() if base else None
        return ("record", carried, parts) if parts or carried else None


class Sequence(Value):
    """An array or the like: at most `bound` elements, from `query` if it holds a query's results.

    `drafts` are promises among its elements. `result` follows what becomes of it, if it is what a query gave.
    `element` is what is known of each element.
    """

    bound: int | None = None
    query: QueryChain | None = None
    items: tuple[Value | None, ...] | None = None
    drafts: tuple[Draft, ...] = ()
    result: ResultDraft | None = None
    element: Value | None = None

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        return site.evaluator.call_sequence(self, name, site)


class Method(Value):
    """A member of a value that knows its own methods; `receiver` decides what a call gives."""

    receiver: Value
    name: str

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        return self.receiver.invoke(self.name, site)


class Closure(Value):
    """A function of the source with the scope that it sees; `this` is the instance it was taken from."""

    node: syntax.Function
    scope: Scope
    name: str | None = None
    this: Value | None = None

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        return site.evaluator.call_closure(self, site)


class ClassValue(Value):
    """A class of the source."""

    node: syntax.Class
    scope: Scope
    members: Mapping[str, Value | None]
    fields: Mapping[str, Value | None] = msgspec.field(default_factory=dict)
    """What its constructor keeps of a ctx, under the names of the parameters."""

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return self.members.get(name)

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        return Instance(self)


class Instance(Value):
    """An instance of a class of the source."""

    of: ClassValue

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        if name in self.of.fields:
            return self.of.fields[name]
        found = self.of.members.get(name)
        return Closure(found.node, found.scope, found.name, self) if isinstance(found, Closure) else found


class Pending(Value):
    """A promise of `inner`; `drafts` note what becomes of it."""

    drafts: tuple[Draft, ...]
    inner: Value | None = None

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        return site.evaluator.call_promise(self, name, site)


class Deferred(Value):
    """What an async function gives to its caller out of sight: a promise that stands for those made in it.

    `made` is the first of them.
    """

    made: Draft
    inner: Value | None = None


class Choice(Value):
    """One of several values, by a branch that the analysis doesn't decide; an unknown one is None."""

    values: tuple[Value | None, ...]

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return choose([value.member(name) if value else None for value in self.values])

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        return choose([value.call(site) if value else None for value in self.values])

    def shape(self) -> Hashable:
        """Give the key of what it carries."""
        for value in self.values:
            if value and (shape := value.shape()):
                return shape
        return None


def choose(values: list[Value | None]) -> Value | None:
    """Join the values of alternative branches."""
    flat: list[Value | None] = []
    for value in values:
        for option in options(value):
            if option not in flat:
                flat.append(option)
    if len(flat) == 1:
        return flat[0]
    return Choice(tuple(flat)) if len(flat) <= _MOST_OPTIONS and any(flat) else None


def options(value: Value | None) -> tuple[Value | None, ...]:
    """Give every value that a value may be."""
    return value.values if isinstance(value, Choice) else (value,)
