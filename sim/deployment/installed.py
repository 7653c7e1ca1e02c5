"""An installed component, in the hands of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from biconvex.sim.deployment.tables import Tables
from biconvex.sim.values import UsageError

if TYPE_CHECKING:
    from biconvex.sim.deployment.caller import Caller
    from biconvex.sim.runtime import Component, RegisteredFunction, Runtime

__all__ = ["InstalledComponent", "find_component"]

Arguments = Mapping[str, Any] | None


class InstalledComponent:
    """A component: its documents (`db`), and its functions, which only a test and the component's parent can call.

    `path` has the names of the components it is in, then its own: `workpool/batchWorker`.
    """

    def __init__(self, runtime: Runtime, component: Component, admin: Caller) -> None:
        self.path = component.path
        self.db = Tables(runtime, component.path)
        self._component = component
        self._admin = admin

    @property
    def functions(self) -> list[RegisteredFunction]:
        """Every function of the component, internal ones too, by path."""
        return list(self._component.registry)

    @property
    def environment(self) -> dict[str, str]:
        """What its functions find in `process.env`."""
        return dict(self._component.environment)

    def query(self, function: str, args: Arguments = None) -> Any:
        """Run a query of the component (`"public:count"`); its result. Raises as `Deployment.query` does."""
        return self._admin.query(f"{function}@{self.path}", args)

    def mutation(self, function: str, args: Arguments = None) -> Any:
        """Run a mutation of the component and commit it; its result."""
        return self._admin.mutation(f"{function}@{self.path}", args)

    def action(self, function: str, args: Arguments = None) -> Any:
        """Run an action of the component; its result."""
        return self._admin.action(f"{function}@{self.path}", args)

    def __repr__(self) -> str:
        return f"<InstalledComponent {self.path!r}>"


def find_component(runtime: Runtime, path: str, admin: Caller) -> InstalledComponent:
    """The component at a path; raises `UsageError` where there is none."""
    component = runtime.components.get(path)
    if component is None or not path:
        known = ", ".join(repr(other.path) for other in runtime.components if other.path) or "none"
        raise UsageError(f"There is no component {path!r}. The backend's are: {known}.")
    return InstalledComponent(runtime, component, admin)
