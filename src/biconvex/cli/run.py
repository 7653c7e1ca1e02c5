"""`biconvex run`: call one function of a backend in a fresh simulated deployment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from biconvex.sim import Deployment, FunctionError, SimulationError
from biconvex.sim.hosts.javascript import missing_sandbox
from biconvex.sim.kernel import parse_duration
from biconvex.sim.values import from_json, to_json

__all__ = ["run"]


class _Variable(click.ParamType[tuple[str, str]]):
    name = "variable"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, content = str(value).partition("=")
        if not name or not equals:
            self.fail(f"{value!r} isn't a variable: write NAME=VALUE", param, ctx)
        return name, content


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("function")
@click.argument("args_json", required=False, default="{}", metavar="[ARGS_JSON]")
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The project or functions folder (default: the current directory).",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="The seed that decides every choice of the simulation.",
)
@click.option(
    "--advance",
    type=_Duration(),
    default="0s",
    metavar="DURATION",
    help="Let this much virtual time pass after the call.",
)
@click.option(
    "--env",
    type=_Variable(),
    multiple=True,
    metavar="NAME=VALUE",
    help="An environment variable of the deployment; may be given several times. None are inherited.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="WHAT",
    help='What "use node" modules may do besides reading their project: addons, child-process, worker, fs-read:PATH or '
    "fs-write:PATH; may be given several times.",
)
@click.option("--trace", is_flag=True, help="Show every event on standard error.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what happened as an HTML page that needs no other file.",
)
def run(
    function: str,
    args_json: str,
    project: Path,
    seed: int,
    advance: int,
    env: tuple[tuple[str, str], ...],
    allow: tuple[str, ...],
    *,
    trace: bool,
    html: Path | None,
) -> None:
    """Call FUNCTION (such as messages:send) with ARGS_JSON; print its result as JSON.

    The caller is the deployment's admin, so internal functions can be called as well. Values are in Convex's JSON
    encoding. Exit status: 0 the function returned, 1 it failed, 2 it could not be called
    or the page could not be written.
    """
    try:
        args = from_json(json.loads(args_json))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is the argument
        raise click.UsageError(f"ARGS_JSON isn't the JSON of Convex arguments: {error}") from None
    if not isinstance(args, dict):
        raise click.UsageError(f"ARGS_JSON must be an object such as '{{\"limit\": 10}}', got {args_json}")
    try:
        with Deployment(project, seed=seed, env=dict(env), allow=allow) as convex:
            unprotected = missing_sandbox() if any(each.host.is_apart for each in convex.functions) else None
            if unprotected is not None:
                click.echo(f"note: {unprotected}", err=True)
            failure, is_saved = "", True
            try:
                result = convex.as_admin().run(function, args)
                convex.advance(seconds=advance / 1e9)
            except SimulationError as error:
                failure = str(error)
                raise
            finally:
                for finding in convex.findings:
                    click.echo(f"finding: {finding.rule}: {finding.message}", err=True)
                if trace:
                    click.echo(str(convex.trace), err=True)
                if html is not None:
                    is_saved = _save(convex, html, function, failure)
    except FunctionError as error:
        click.echo(f"{function} failed: {error}", err=True)
        sys.exit(2 if error.code == "FunctionNotFound" else 1)
    except SimulationError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    click.echo(json.dumps(to_json(result), ensure_ascii=False, indent=2))
    sys.exit(0 if is_saved else 2)


def _save(convex: Deployment, file: Path, function: str, failure: str) -> bool:
    from biconvex.sim.explore.html import save_html

    try:
        save_html(convex, file, title=function, failure=failure)
    except OSError as error:
        click.echo(f"error: the page was not written to {file}: {error.strerror}", err=True)
        return False
    return True
