"""Loading a backend: find it, load its modules in each language it uses, read its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from biconvex.sim.hosts.javascript import JavaScriptHost, module_files
from biconvex.sim.hosts.project import convex_version, locate
from biconvex.sim.hosts.protocol import STEP_TIMEOUT_S, Host, ModuleSource
from biconvex.sim.hosts.python import PythonHost, python_files
from biconvex.sim.runtime import Registry
from biconvex.sim.services import CronSpec, cron_specs
from biconvex.sim.store import Schema
from biconvex.sim.values import DeveloperError, ProjectError

__all__ = ["Loaded", "load_backend"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A backend that is ready to run."""

    registry: Registry
    schema: Schema
    crons: tuple[CronSpec, ...]
    convex_version: tuple[int, int]
    hosts: tuple[Host, ...]
    http: Host | None
    """The host that has the project's HTTP router."""

    def close(self) -> None:
        """Release what the hosts hold."""
        for host in self.hosts:
            host.close()


def load_backend(
    path: Path, environment: Mapping[str, str], start_ms: int, step_timeout_s: float = STEP_TIMEOUT_S
) -> Loaded:
    """Load the backend at a path: a functions folder, or the project that has one.

    `environment` and `start_ms` (since the epoch) are what modules see while they load; `step_timeout_s` is how long
    code may run in real seconds without waiting for anything.

    Raises `ProjectError` when there is none, when a module can't be loaded, or when definitions contradict.
    """
    location = locate(path)
    hosts: list[Host] = []
    if module_files(location.functions):
        hosts.append(
            JavaScriptHost(location, environment=environment, import_ms=start_ms, timeout_s=step_timeout_s)
        )
    if python_files(location.functions):
        hosts.append(
            PythonHost(
                location.functions, environment=environment, import_ms=start_ms, timeout_s=step_timeout_s
            )
        )
    if not hosts:
        raise ProjectError(
            f"{location.functions} has no Convex functions: no TypeScript, JavaScript or Python module was found in it"
        )
    registry = Registry()
    modules: list[ModuleSource] = []
    http: Host | None = None
    try:
        for host in hosts:
            loaded = host.load()
            registry.add(loaded, host)
            modules += loaded
            if any(module.routes is not None for module in loaded):
                http = host
        return Loaded(
            registry,
            _schema(_schemas(modules)),
            _crons(modules, registry),
            convex_version(location.root),
            tuple(hosts),
            http,
        )
    except BaseException:
        for host in hosts:
            host.close()
        raise


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
