"""The components of a deployment: what each has of its own, and how functions of one name those of another.

Source: semantics §1.5 for references, §12.4 for what they may reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec
from biconvex.sim.runtime.paths import canonical_path, stripped_path
from biconvex.sim.runtime.registry import RegisteredFunction, Registry
from biconvex.sim.values import DeveloperError, decode_id, encode_id

__all__ = ["Address", "Component", "Components", "JobPlace"]

_CHILD: Final = "childComponent"
_FUNCTION: Final = "function"
_ARGUMENT: Final = "componentArgument"
_HANDLE: Final = "function://"
_HANDLES_TABLE: Final = 599


class Component(msgspec.Struct, frozen=True, eq=False):
    """An installed component, or the app, whose path is empty.

    `path` has the names of the components it is in, then its own (`workpool/batchWorker`); `children` are the names of
    those in it. `environment` is what its functions find in `process.env`.
    """

    path: str
    registry: Registry
    environment: Mapping[str, str]
    children: tuple[str, ...] = ()

    @property
    def in_component(self) -> str:
        """What errors say of where a function was looked for: ` in 'counter'`, nothing for the app."""
        return f" in '{self.path}'" if self.path else ""


class Address(NamedTuple):
    """A function that somebody names: the component it is in, and its path there. It may not exist."""

    component: Component
    path: str


class JobPlace(NamedTuple):
    """Where a scheduled function is that is not the app's own affair: paths of components.

    `home` has it in its `_scheduled_functions`; `target` has the function.
    """

    home: str
    target: str


class Components:
    """The app and the components in it, by path. `jobs` tells, by id, of jobs that concern any but the app."""

    def __init__(self, app: Component) -> None:
        self.app = app
        self.jobs: dict[str, JobPlace] = {}
        self._by_path = {"": app}
        self._handles: dict[str, Address] = {}

    def add(self, component: Component) -> None:
        """Install a component."""
        self._by_path[component.path] = component

    def __iter__(self) -> Iterator[Component]:
        """The app, then each component, before those that are in it."""
        return iter(self._by_path.values())

    def __getitem__(self, path: str) -> Component:
        return self._by_path[path]

    def get(self, path: str) -> Component | None:
        """The component at a path, or None."""
        return self._by_path.get(path)

    def address(self, caller: str, arguments: Any, operation: str, *, in_action: bool = False) -> Address:
        """What a call names, by `name`, `reference` or `functionHandle`, from the component `caller`.

        Raises `DeveloperError`: `InvalidReference` for what there isn't to refer to, in the words that Convex has for
        it in a transaction or in an action, `FunctionHandleNotFound`, `InvalidArgument`.
        """
        handle = arguments.get("functionHandle")
        if handle is not None:
            return self._handled(handle, operation)
        name = arguments.get("name")
        if isinstance(name, str):
            return Address(self._by_path[caller], name)
        reference = arguments.get("reference")
        if not isinstance(reference, str):
            raise _invalid(operation, "Missing required argument 'name'")
        return self._referred(self._by_path[caller], reference, operation, in_action=in_action)

    def handle(self, address: Address) -> str:
        """The text by which any component can call a function; raises `FunctionHandleNotFound` where there is none."""
        function = address.component.registry.find(address.path)
        if function is None:
            raise _no_handle()
        return f"{_HANDLE}{_handle_id(function)}#{stripped_path(function.module, function.name)}"

    def _handled(self, handle: Any, operation: str) -> Address:
        if not isinstance(handle, str) or not handle.startswith(_HANDLE):
            raise _invalid(operation, f"Invalid function handle {handle}")
        handle_id = handle.removeprefix(_HANDLE).partition("#")[0]
        try:
            decode_id(handle_id)
        except DeveloperError as error:
            raise _invalid(operation, error.message) from error
        if not self._handles:
            for component in self:
                for function in component.registry:
                    path = canonical_path(function.module, function.name)
                    self._handles[_handle_id(function)] = Address(component, path)
        found = self._handles.get(handle_id)
        if found is None:
            raise _no_handle()
        return found

    def _referred(self, caller: Component, reference: str, operation: str, *, in_action: bool) -> Address:
        start, _, rest = reference.partition("/")
        kind, _, named = rest.partition("/")
        if start != "_reference" or kind not in {_CHILD, _FUNCTION, _ARGUMENT} or not named:
            raise _invalid(operation, f"Invalid reference {reference}")
        if kind == _FUNCTION:
            return Address(caller, named)
        parts = named.split("/")
        if kind == _ARGUMENT:
            if in_action:
                raise _unresolved(".".join(["ctx.component.args", *parts]))
            if not caller.path:
                raise DeveloperError("InvalidReference", "Can't use an argument reference in the app")
            raise DeveloperError("InvalidReference", f"Component argument '{parts[0]}' not found")
        child, attributes = parts[0], parts[1:]
        found = self._exported(caller, child, attributes)
        if found is not None:
            return found
        if in_action:
            raise _unresolved(".".join(parts))
        shown = f'ComponentName(Identifier("{child}"))'
        if child not in caller.children:
            raise DeveloperError("InvalidReference", f"Child component {shown} not found")
        exports = ", ".join(f'PathComponent("{attribute}")' for attribute in attributes)
        raise DeveloperError("InvalidReference", f"Child component {shown} does not export [{exports}]")

    def _exported(self, parent: Component, child: str, attributes: list[str]) -> Address | None:
        """A public function of a component in `parent`: the only ones that it can refer to."""
        if child not in parent.children or len(attributes) < 2:
            return None
        component = self._by_path[f"{parent.path}/{child}" if parent.path else child]
        path = f"{'/'.join(attributes[:-1])}:{attributes[-1]}"
        function = component.registry.find(path)
        return Address(component, path) if function is not None and function.visibility == "public" else None


def _handle_id(function: RegisteredFunction) -> str:
    """The same in every deployment of a backend, as a handle may be kept in a document."""
    named = f"{function.component}\0{function.canonical}".encode()
    return encode_id(_HANDLES_TABLE, blake2b(named, digest_size=16).digest())


def _no_handle() -> DeveloperError:
    return DeveloperError("FunctionHandleNotFound", "Function handle not found")


def _unresolved(shown: str) -> DeveloperError:
    return DeveloperError("InvalidReference", f"Couldn't resolve {shown}")


def _invalid(operation: str, cause: str) -> DeveloperError:
    return DeveloperError("InvalidArgument", f"Invalid arguments for `{operation}`: {cause}")
