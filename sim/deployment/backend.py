"""A backend as a whole: the app, and the components that it installs, each with its own modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from biconvex.sim.deployment.environments import check_app_environment, component_environment
from biconvex.sim.deployment.loading import LoadedModules, Loading, load_modules
from biconvex.sim.hosts.project import BackendLocation, convex_version, locate
from biconvex.sim.hosts.protocol import AppDefinition, Installation
from biconvex.sim.runtime import Component, Components
from biconvex.sim.services import CronSpec, HttpSite
from biconvex.sim.store import Schema
from biconvex.sim.values import DeveloperError, ProjectError, check_identifier

__all__ = ["Loaded", "load_backend"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A backend that is ready to run. `parts` are those of the components, each before the ones that are in it."""

    app: LoadedModules
    parts: tuple[LoadedModules, ...]
    site: HttpSite
    convex_version: tuple[int, int]

    @property
    def schema(self) -> Schema:
        """The app's."""
        return self.app.schema

    @property
    def crons(self) -> tuple[CronSpec, ...]:
        """The cron jobs of the app and of all components."""
        return tuple(spec for part in (self.app, *self.parts) for spec in part.crons)

    def components(self) -> Components:
        """The app and its components, for a runtime of their own."""
        components = Components(self.app.component)
        for part in self.parts:
            components.add(part.component)
        return components

    def close(self) -> None:
        """Release what the hosts hold."""
        for part in (self.app, *self.parts):
            part.close()


def load_backend(path: Path, environment: Mapping[str, str], loading: Loading) -> Loaded:
    """Load the backend at a path: a functions folder, or the project that has one, with its components.

    Raises `ProjectError` when there is none, when a module can't be loaded, or when definitions contradict.
    """
    location = locate(path)
    app = load_modules(location, environment, loading)
    definition = app.definition
    if definition is None:
        return Loaded(app, (), app.site, convex_version(location.root))
    installer = _Installer(location, environment, loading)
    try:
        check_app_environment(installer.place, definition, environment)
        site = installer.install(app, definition, environment, definition.http_prefix, None)
        return Loaded(app, tuple(installer.parts), site, convex_version(location.root))
    except BaseException:
        for part in (app, *installer.parts):
            part.close()
        raise


class _Installer:
    """Loads the components of an app. `parts` are those that are loaded so far, `place` is what errors point at."""

    def __init__(self, location: BackendLocation, environment: Mapping[str, str], loading: Loading) -> None:
        self.parts: list[LoadedModules] = []
        self.place = f"{location.functions.name}/convex.config"
        self._location = location
        self._environment = environment
        self._loading = loading

    def install(
        self,
        around: LoadedModules,
        definition: AppDefinition,
        environment: Mapping[str, str],
        prefix: str | None,
        mounted_at: str | None,
    ) -> HttpSite:
        """Load what is installed in an app or component, and in that in turn; its routes, with theirs."""
        mounts: list[tuple[str, HttpSite]] = []
        for installation in self._checked(around.component.path, definition):
            path = _join(around.component.path, installation.name)
            mount = installation.http_prefix
            place = None if mount is None else f"{(mounted_at or '').rstrip('/')}{mount}"
            own = component_environment(self.place, path, installation, definition, environment, place)
            part = self._load(path, installation, own)
            self.parts.append(part)
            site = self.install(part, installation.definition, own, None, place)
            if mount is not None:
                if site.is_empty:
                    raise self._refused(
                        mount, f'Child component "{installation.name}" doesn\'t have any HTTP routes.'
                    )
                if any(mount == other for other, _ in mounts):
                    raise self._refused(mount, "Overlap with previously mounted route")
                mounts.append((mount, site))
        return replace(around.site, prefix=prefix, mounts=tuple(mounts))

    def _checked(self, path: str, definition: AppDefinition) -> Iterator[Installation]:
        names: dict[str, None] = {}
        for installation in definition.components:
            name = installation.name
            try:
                check_identifier(name)
            except DeveloperError as error:
                raise ProjectError(
                    f'{self.place}: "{name}" can\'t be the name of a component: {error.message}'
                ) from None
            if name in names:
                where = f'Component "{path}"' if path else "The app"
                raise ProjectError(
                    f'{self.place}: {where} has multiple child components with the same name: "{name}". '
                    'Give one another name: app.use(component, { name: "…" })'
                )
            names[name] = None
            yield installation

    def _load(self, path: str, installation: Installation, environment: Mapping[str, str]) -> LoadedModules:
        location = BackendLocation(Path(installation.folder), self._location.root)
        part = load_modules(location, environment, self._loading, path)
        children = tuple(child.name for child in installation.definition.components)
        component = part.component
        return replace(part, component=Component(path, component.registry, environment, children))

    def _refused(self, mount: str, problem: str) -> ProjectError:
        return ProjectError(f'{self.place}: HTTP mount "{mount}" is invalid: {problem}')


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
