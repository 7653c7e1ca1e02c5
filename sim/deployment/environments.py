"""The environment variables of components: what is declared, what is given, and what that comes to.

Source: semantics §12.4, §13.3; the words are those of Convex's own check of a deployment.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from biconvex.sim.hosts.protocol import AppDefinition, EnvironmentVariable, Installation
from biconvex.sim.values import ProjectError, compile_validator

__all__ = ["SITE_URL", "check_app_environment", "component_environment"]

SITE_URL = "CONVEX_SITE_URL"
_OWN = ("CONVEX_CLOUD_URL", SITE_URL)


class _NoTables:
    """Validators of variables are about text: no id is ever looked up."""

    def number_of(self, _name: str) -> int | None:
        return None

    def name_of(self, _number: int) -> str | None:
        return None


def check_app_environment(place: str, app: AppDefinition, environment: Mapping[str, str]) -> None:
    """Raise `ProjectError` unless the deployment has the variables that the app declares, as it declares them."""
    missing = [
        variable.name
        for variable in app.variables
        if app.is_app and not variable.optional and variable.name not in environment
    ]
    if missing:
        raise ProjectError(
            f"{place}: Required environment variables are not set: {', '.join(missing)}. "
            "Give them to the deployment: Deployment(…, env={…}), @pytest.mark.convex(env={…}), or biconvex run --env"
        )
    for variable in app.variables:
        problem = _problem(variable, environment.get(variable.name))
        if problem is not None:
            raise ProjectError(f'{place}: the environment variable "{variable.name}" is invalid: {problem}')


def component_environment(
    place: str,
    path: str,
    installation: Installation,
    around: AppDefinition,
    environment: Mapping[str, str],
    mount: str | None,
) -> dict[str, str]:
    """What a component finds in `process.env`: what Convex says, and the variables it declares, as they were given.

    `around` is the definition of what it is installed in, and `environment` what that has; `mount` is where its routes
    begin, None where they are nowhere. Raises `ProjectError` for what Convex refuses to deploy.
    """
    known = {variable.name: variable for variable in installation.definition.variables}
    outer = {variable.name: variable for variable in around.variables}
    found = {name: environment[name] for name in _OWN if name in environment}
    if mount is not None and SITE_URL in found:
        found[SITE_URL] = found[SITE_URL].rstrip("/") + mount.rstrip("/")
    for binding in installation.bindings:
        variable = known.get(binding.name)
        if variable is None:
            raise _refused(place, path, f'has no env var named "{binding.name}"')
        value = binding.value
        if binding.reference is not None:
            source = outer.get(binding.reference)
            if source is None:
                raise _refused(
                    place,
                    path,
                    f'env var "{binding.name}" references undeclared parent env var {binding.reference}',
                )
            if source.optional and not variable.optional:
                raise _refused(
                    place,
                    path,
                    f'env var "{binding.name}" is required, but parent env var {binding.reference} is optional',
                )
            value = environment.get(binding.reference)
        problem = _problem(variable, value)
        if problem is not None:
            raise _refused(place, path, f'has an invalid value for env var "{binding.name}": {problem}')
        if value is not None:
            found[binding.name] = value
    given = {binding.name for binding in installation.bindings}
    for name, variable in known.items():
        if not variable.optional and name not in given:
            raise _refused(place, path, f'is missing required env var "{name}"')
    return found


def _problem(variable: EnvironmentVariable, value: str | None) -> str | None:
    if value is None:
        return None
    problem = compile_validator(msgspec.json.decode(variable.validator)).check(value, _NoTables())
    return None if problem is None else str(problem)


def _refused(place: str, path: str, problem: str) -> ProjectError:
    return ProjectError(f'{place}: Component "{path}" {problem}')
