"""Finding the function that a client or the admin calls, and saying what there is where there is none."""

from __future__ import annotations

from biconvex.sim.runtime import RegisteredFunction, Registry, Runtime
from biconvex.sim.values import DeveloperError, FunctionError

__all__ = ["find_function"]


def find_function(runtime: Runtime, path: str, kind: str | None, *, admin: bool) -> RegisteredFunction:
    """The function at a path, which in a component ends in `@` and the component's path (`public:count@counter`).

    Raises `FunctionError` where there is none, where only the `admin` may call it, and where it isn't of the `kind`
    that is asked for (None: any).
    """
    registry = runtime.registry
    if "@" in path:
        registry, path = _in_component(runtime, path, admin=admin)
    try:
        found = registry.find(path)
        if found is None and admin:
            registry.require(path)
    except DeveloperError as error:
        raise _not_found(registry, error.message, path) from None
    if found is None:
        raise _not_found(registry, f"Could not find public function for '{path}'.", path)
    if found.visibility != "public" and not admin:
        raise FunctionError(
            f"Could not find public function for '{path}'. It is internal: clients can't call it; "
            f"a test can, with convex.as_admin().{found.kind}(…).",
            function=found.path,
        )
    if kind is not None and found.kind != kind:
        raise FunctionError(
            f"Trying to execute {found.canonical} as {kind.capitalize()}, but it is defined as {found.kind_name}.",
            function=found.path,
        )
    return found


def _in_component(runtime: Runtime, path: str, *, admin: bool) -> tuple[Registry, str]:
    """The functions of the component that a path names, and the path of one among them."""
    function, _, component = path.partition("@")
    found = runtime.components.get(component)
    if found is not None and admin:
        return found.registry, function
    hint = (
        "There is no such component."
        if found is None
        else f"Clients can't call functions of components; a test can, with convex.component('{component}')."
    )
    message = f"Could not find public function for '{function}' in '{component}'. {hint}"
    raise FunctionError(message, function=path, code="FunctionNotFound")


def _not_found(registry: Registry, message: str, path: str) -> FunctionError:
    nearest = registry.nearest(f"{path}@{registry.component}" if registry.component else path)
    hint = f" Did you mean '{nearest}'?" if nearest is not None else ""
    if not len(registry):
        hint = f" The {'component' if registry.component else 'backend'} has no functions."
    return FunctionError(message + hint, function=path, code="FunctionNotFound")
