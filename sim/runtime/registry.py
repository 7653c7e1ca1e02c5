"""The registry: every function of the backend, whatever its language, found by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import msgspec
from biconvex.sim.hosts.protocol import FunctionKind, FunctionSource, Host, ModuleSource
from biconvex.sim.runtime.paths import canonical_path, split_path, stripped_path
from biconvex.sim.values import DeveloperError, ProjectError, Validator, compile_validator

__all__ = ["RegisteredFunction", "Registry"]

_KIND_NAMES: Final = {
    "query": "Query",
    "mutation": "Mutation",
    "action": "Action",
    "httpAction": "HttpAction",
}


class RegisteredFunction:
    """A function that can be called: where it is, what it is, what it takes, who runs it.

    `component` is the path of the component it is in, empty for the app's own. `path` is unique in the deployment: that
    of a function in a component ends in `@` and the component's path. `gets_first` are the arguments whose documents
    its last run got before it did anything else.
    """

    __slots__ = (
        "args", "canonical", "component", "gets_first", "host", "kind", "module", "name", "path", "returns",
        "uses_node", "visibility",
    )  # fmt: skip

    def __init__(
        self,
        module: str,
        source: FunctionSource,
        host: Host,
        *,
        uses_node: bool = False,
        component: str = "",
    ) -> None:
        self.module = module
        self.component = component
        self.name = source.name
        self.kind: FunctionKind = source.kind
        self.visibility = source.visibility
        path = stripped_path(module, source.name)
        self.path = f"{path}@{component}" if component else path
        self.canonical = canonical_path(module, source.name)
        self.host = host
        self.uses_node = uses_node
        self.gets_first: tuple[str, ...] = ()
        self.args = _validator(source.args, self.path, "args")
        self.returns = _validator(source.returns, self.path, "returns")

    def run_by(self, host: Host) -> RegisteredFunction:
        """The same function, run by another host."""
        other = copy(self)
        other.host = host
        other.uses_node = False
        return other

    @property
    def kind_name(self) -> str:
        """The kind as Convex's messages spell it (`Query`)."""
        return _KIND_NAMES[self.kind]


@lru_cache(maxsize=8192)
def _compiled(encoded: bytes) -> Validator:
    """The validator of a JSON text: every fresh deployment of a backend has the same ones."""
    return compile_validator(msgspec.json.decode(encoded))


def _validator(json: dict[str, Any] | None, path: str, what: str) -> Validator | None:
    if json is None or json.get("type") == "any":
        return None
    try:
        validator = _compiled(msgspec.json.encode(json))
    except DeveloperError as error:
        raise ProjectError(f"The {what} validator of {path} is not valid: {error.message}") from error
    if what == "args" and json.get("type") != "object":
        raise ProjectError(
            f"The args validator of {path} is not valid: Args validator must be an object or any"
        )
    return validator


class Registry:
    """All functions of an app, or of the component at a path."""

    def __init__(self, component: str = "") -> None:
        self.component = component
        self._functions: dict[tuple[str, str], RegisteredFunction] = {}
        self._modules: dict[str, str] = {}

    def add(self, modules: Iterable[ModuleSource], host: Host) -> None:
        """Register the modules that a host has loaded; raises `ProjectError` when two claim one path."""
        for module in modules:
            other = self._modules.setdefault(module.path, module.file)
            if other != module.file:
                raise ProjectError(
                    f"Two files define the module {module.path!r}: {other} and {module.file}. Rename one of them."
                )
            for source in module.functions:
                function = RegisteredFunction(
                    module.path, source, host, uses_node=module.uses_node, component=self.component
                )
                self._functions[module.path, source.name] = function

    def __iter__(self) -> Iterator[RegisteredFunction]:
        return iter(sorted(self._functions.values(), key=lambda function: function.path))

    def __len__(self) -> int:
        return len(self._functions)

    def replace(self, function: RegisteredFunction) -> None:
        """Put a function in the place of the one at its path."""
        self._functions[function.module, function.name] = function

    def find(self, path: str) -> RegisteredFunction | None:
        """The function at a path, in any of its spellings, or None."""
        return self._functions.get(split_path(path))

    def require(self, path: str) -> RegisteredFunction:
        """The function at a path; raises `DeveloperError` with the texts of semantics §13.6."""
        module, name = split_path(path)
        function = self._functions.get((module, name))
        if function is not None:
            return function
        if module not in self._modules:
            raise DeveloperError(
                "ModuleNotFound",
                f"Couldn't find JavaScript module '{module}.js'. Did you forget to run `npx convex dev`?",
            )
        raise DeveloperError("FunctionNotFound", f'Couldn\'t find "{name}" in module "{module}.js".')

    def has_module(self, module: str) -> bool:
        """Whether a module of that path exists."""
        return module in self._modules

    def nearest(self, path: str) -> str | None:
        """The known path that looks most like this one, for "did you mean"."""
        known = [function.path for function in self]
        close = get_close_matches(path.replace(".", "/").replace(".js:", ":"), known, n=1, cutoff=0.5)
        if close:
            return close[0]
        name = path.rpartition(":")[2]
        same_name = [candidate for candidate in known if candidate.rpartition(":")[2] == name]
        return same_name[0] if same_name else None
