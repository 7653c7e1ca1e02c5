"""Builders and what they register: Convex's own, aliases, `customQuery` and its kind, wrappers, decorators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.analysis.values import Closure, External, Method, Record, Value
from biconvex.lint.model import Declaration, Place
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from biconvex.lint import syntax
    from biconvex.lint.analysis.modules import ModuleState
    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import Kind, ValidatorShape, Visibility

    Shaper = Callable[[Value | None, Place], ValidatorShape]

__all__ = [
    "CUSTOM_BUILDERS", "Customization", "Registered", "Registrar", "customized",
    "decorate", "registrar_named", "wrapped_by",
]  # fmt: skip

_KINDS: dict[str, tuple[Kind, Visibility]] = {
    "query": ("query", "public"),
    "mutation": ("mutation", "public"),
    "action": ("action", "public"),
    "internalQuery": ("query", "internal"),
    "internalMutation": ("mutation", "internal"),
    "internalAction": ("action", "internal"),
    "httpAction": ("httpAction", "public"),
}

CUSTOM_BUILDERS = frozenset(
    f"{prefix}ustom{kind}" for prefix in ("c", "zC") for kind in ("Query", "Mutation", "Action", "Function")
)
"""The builders of `convex-helpers` that make a builder of one (also with validators of zod)."""


class Customization(Value):
    """What a custom builder adds.

    `closure` gives the additions to the ctx, `wrapped` in `{ctx, args}` or not; `adds_args` says whether it
    declares arguments of its own, None when that is not known. `nothing` is `NoOp`.
    """

    closure: Closure | None
    wrapped: bool
    adds_args: bool | None
    nothing: bool = False


class Registrar(Value):
    """A builder: a call of it registers a function."""

    kind: Kind
    visibility: Visibility
    customizations: tuple[Customization, ...] = ()
    custom: bool = False

    @property
    def opaque(self) -> bool:
        """Whether it may run code that is not in sight."""
        return any(part.closure is None and not part.nothing for part in self.customizations)

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        given = site.argument(0)
        module = site.scope.module
        registered = Registered(self, module, site.node, site.node.callee)
        if isinstance(given, Closure):
            return replace(registered, handler=given, object_syntax=False)
        config = given if isinstance(given, Record) else site.keywords
        if config is None and not site.node.arguments:
            config = Record({})
        return registered.configured(config)


class Registered(Value):
    """A registered function. Without a handler it may be a decorator that waits for one."""

    registrar: Registrar
    module: ModuleState
    node: syntax.Node
    builder: syntax.Node
    config: Record | None = None
    handler: Closure | None = None
    object_syntax: bool = True

    def configured(self, config: Record | None) -> Registered:
        """Give the function that an object of options registers."""
        handler = config.member("handler") if config else None
        return replace(self, config=config, handler=handler if isinstance(handler, Closure) else None)

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        given = site.argument(0)
        if self.handler is None and self.module.is_python and isinstance(given, Closure):
            return replace(self, handler=given)
        if self.handler is not None:
            site.evaluator.called_directly(self, site)
        return None

    def member(self, name: str) -> Value | None:
        """Give the member of that name; people take `handler` for one."""
        return Method(self, name) if name == "handler" and self.handler is not None else None

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        site.evaluator.called_directly(self, site)
        return None

    def declaration(self, name: str, shape: Shaper) -> Declaration:
        """Tell whether it declares `args` or `returns`."""
        if self.registrar.kind == "httpAction":
            return Declaration("absent")
        adds = name == "args" and any(part.adds_args is not False for part in self.registrar.customizations)
        if not self.object_syntax:
            return Declaration("unknown" if adds else "absent")
        if self.config is None:
            return Declaration("unknown")
        present = self.config.has(name)
        if present:
            node = self.config.nodes.get(name, self.node)
            place = Place(self.module.source, node.start, node.end)
            declared = shape(self.config.fields[name], place)
            return Declaration("present", place, replace(declared, complete=False) if adds else declared)
        return Declaration("unknown" if adds or present is None else "absent")

    def uses_arguments(self) -> bool | None:
        """Tell whether the handler has a second parameter."""
        if self.handler is None:
            return None
        return len(self.handler.node.parameters) > 1


def registrar_named(name: str) -> Registrar | None:
    """Give Convex's own builder of that name (`query`, `queryGeneric`); None when it is none."""
    found = _KINDS.get(name.removesuffix("Generic"))
    return Registrar(*found) if found else None


def customized(site: CallSite) -> Value | None:
    """Give the builder that `customMutation(mutation, customization)` makes."""
    builder = site.argument(0)
    if not isinstance(builder, Registrar):
        return None
    added = customization_of(site.argument(1))
    return replace(builder, customizations=(*builder.customizations, added), custom=True)


def customization_of(value: Value | None) -> Customization:
    """Read what a custom builder adds."""
    if isinstance(value, Customization):
        return value
    if isinstance(value, External) and value.path[-1:] == ("NoOp",):
        return Customization(None, wrapped=False, adds_args=False, nothing=True)
    if isinstance(value, Record):
        args, action = value.member("args"), value.member("input")
        adds = None
        if isinstance(args, Record):
            adds = bool(args.fields) or args.base is not None or not args.complete
        return Customization(action if isinstance(action, Closure) else None, wrapped=True, adds_args=adds)
    return Customization(None, wrapped=False, adds_args=None)


def wrapped_by(site: CallSite) -> Value | None:
    """Give what a function out of sight makes of a builder: one of the same kind that may add anything."""
    for value in site.arguments:
        if isinstance(value, Registrar) and len(site.arguments) <= 2:
            return replace(value, customizations=(*value.customizations, customization_of(None)), custom=True)
    return None


def decorate(
    decorators: list[tuple[syntax.Node, Value | None]], closure: Closure, module: ModuleState
) -> Value:
    """Give what a decorated function is: a registered one, if one of its decorators registers it."""
    for node, value in reversed(decorators):
        if isinstance(value, Registrar):
            return Registered(value, module, node, node, Record({}), closure)
        if isinstance(value, Registered) and value.handler is None:
            return replace(value, node=node, handler=closure)
    return closure
