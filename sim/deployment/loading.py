"""Loading the modules of an app or component, in each language it uses: functions, schema, cron jobs, routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from biconvex.sim.hosts.javascript import JavaScriptHost, module_files
from biconvex.sim.hosts.project import BackendLocation
from biconvex.sim.hosts.protocol import STEP_TIMEOUT_S, AppDefinition, Host, ModuleSource
from biconvex.sim.hosts.python import PythonHost, python_files
from biconvex.sim.runtime import Component, Registry
from biconvex.sim.services import CronSpec, HttpSite, cron_specs
from biconvex.sim.store import Schema
from biconvex.sim.values import DeveloperError, ProjectError

__all__ = ["LoadedModules", "Loading", "load_modules"]


@dataclass(frozen=True, slots=True)
class LoadedModules:
    """The modules of an app, or of a component: what they define, ready to run. `site` has their HTTP routes."""

    component: Component
    schema: Schema
    crons: tuple[CronSpec, ...]
    hosts: tuple[Host, ...]
    site: HttpSite
    definition: AppDefinition | None
    """What `convex.config` says, where there is one."""

    @property
    def registry(self) -> Registry:
        """The functions."""
        return self.component.registry

    def close(self) -> None:
        """Release what the hosts hold."""
        for host in self.hosts:
            host.close()


class Loading(msgspec.Struct, frozen=True):
    """What modules see while they load, and for how many real seconds they may run without waiting for anything.

    `start_ms` is since the epoch; `allow` is what "use node" modules may do besides reading their project.
    """

    start_ms: int
    step_timeout_s: float = STEP_TIMEOUT_S
    allow: Sequence[str] = ()


def load_modules(
    location: BackendLocation, environment: Mapping[str, str], loading: Loading, component: str = ""
) -> LoadedModules:
    """Load the modules of an app, or of the component at a path, whose functions find `environment`.

    Raises `ProjectError` when there are none, when one can't be loaded, or when definitions contradict.
    """
    hosts = _hosts(location, environment, loading, of_component=bool(component))
    if not hosts:
        raise ProjectError(
            f"{location.functions} has no Convex functions: no TypeScript, JavaScript or Python module was found in it"
        )
    registry = Registry(component)
    modules: list[ModuleSource] = []
    http: Host | None = None
    try:
        for host in hosts:
            loaded = host.load()
            registry.add([module for module in loaded if module.components is None], host)
            modules += loaded
            if any(module.routes is not None for module in loaded):
                http = host
        definition = next((module.components for module in modules if module.components is not None), None)
        children = () if definition is None else tuple(child.name for child in definition.components)
        return LoadedModules(
            Component(component, registry, environment, children),
            _schema(_schemas(modules)),
            _crons(modules, registry),
            tuple(hosts),
            HttpSite(http, component),
            definition,
        )
    except BaseException:
        for host in hosts:
            host.close()
        raise


def _hosts(
    location: BackendLocation, environment: Mapping[str, str], loading: Loading, *, of_component: bool
) -> list[Host]:
    hosts: list[Host] = []
    if module_files(location.functions, of_component=of_component):
        hosts.append(
            JavaScriptHost(
                location,
                environment=environment,
                import_ms=loading.start_ms,
                timeout_s=loading.step_timeout_s,
                of_component=of_component,
                allow=loading.allow,
            )
        )
    if python_files(location.functions):
        hosts.append(
            PythonHost(
                location.functions,
                environment=environment,
                import_ms=loading.start_ms,
                timeout_s=loading.step_timeout_s,
            )
        )
    return hosts


def _schemas(modules: Sequence[ModuleSource]) -> list[tuple[str, dict[str, Any]]]:
    return [(module.file, module.schema) for module in modules if module.schema is not None]


def _crons(modules: Sequence[ModuleSource], registry: Registry) -> tuple[CronSpec, ...]:
    return tuple(
        spec
        for module in modules
        if module.crons is not None
        for spec in cron_specs(module.file, module.crons, registry)
    )


def _schema(schemas: list[tuple[str, dict[str, Any]]]) -> Schema:
    if len(schemas) > 1:
        files = " and ".join(file for file, _ in schemas)
        raise ProjectError(f"A backend has one schema, but {files} both define one. Remove one of them.")
    if not schemas:
        return Schema.from_json(None)
    file, json = schemas[0]
    try:
        return _parsed_schema(msgspec.json.encode(json))
    except DeveloperError as error:
        raise ProjectError(f"The schema in {file} is not valid: {error.message}") from error


@lru_cache(maxsize=64)
def _parsed_schema(encoded: bytes) -> Schema:
    """The schema of a JSON text: every fresh deployment of a backend has the same one."""
    return Schema.from_json(msgspec.json.decode(encoded))
