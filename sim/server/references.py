"""Function references: `internal.tasks.remind` names the function `remind` of the module `tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from biconvex.sim.values import to_json

__all__ = [
    "FunctionReference",
    "api",
    "call_arguments",
    "components",
    "function_address",
    "function_path",
    "internal",
]

_HANDLE: Final = "function://"


class FunctionReference:
    """The name of a function, written as attributes. It is never looked up until it is called."""

    __slots__ = ("_parts",)

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> FunctionReference:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return FunctionReference(*self._parts, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionReference) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __repr__(self) -> str:
        return ".".join(self._parts)


def function_path(reference: object) -> str:
    """The path that a reference or a string names: `internal.a.b.f` is `a/b:f`.

    That of a component's function, `components.c.a.b.f`, is `a/b:f@c`.

    Raises `TypeError` for anything else, the function itself above all.
    """
    if isinstance(reference, str):
        return reference
    if not isinstance(reference, FunctionReference):
        raise TypeError(
            f"{reference!r} is not a function reference: pass `internal.module.function` or `api.module.function`, "
            "not the function itself"
        )
    parts, component = reference._parts[1:], ""
    if reference._parts[0] == "components":
        component, parts = f"@{parts[0]}" if parts else "", parts[1:]
    if len(parts) < 2:
        raise ValueError(
            f"API path is expected to be of the form `api.module_name.function_name`. Found: `{reference!r}`"
        )
    module, name = "/".join(parts[:-1]), parts[-1]
    return f"{module}{component}" if name == "default" else f"{module}:{name}{component}"


def function_address(reference: object) -> dict[str, str]:
    """What a syscall that calls a function says of it: its name, a reference to a component's, or a handle.

    Raises as `function_path` does.
    """
    if isinstance(reference, FunctionReference) and reference._parts[0] == "components":
        if len(reference._parts) < 2:
            raise ValueError(
                "API path is expected to be of the form `components.child_component.function_name`. "
                f"Found: `{reference!r}`"
            )
        return {"reference": "/".join(("_reference", "childComponent", *reference._parts[1:]))}
    if isinstance(reference, str) and reference.startswith(_HANDLE):
        return {"functionHandle": reference}
    return {"name": function_path(reference)}


def call_arguments(args: object) -> Any:
    """The JSON of the arguments of a call; None are no arguments. Raises `TypeError` for what is no mapping."""
    if args is None:
        return {}
    if not isinstance(args, Mapping):
        raise TypeError(f"The arguments to a Convex function must be an object. Received: {args}")
    return to_json(dict(args))


api = FunctionReference("api")
"""References to the public functions of the backend."""

internal = FunctionReference("internal")
"""References to its internal functions."""

components = FunctionReference("components")
"""References to the public functions of installed components: `components.counter.public.add`."""
