"""The command `biconvex`. Each subcommand is imported when it is called: linting never loads the simulator."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
import msgspec

from biconvex.cli.errors import UsageProblem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


class _Command(msgspec.Struct, frozen=True):
    """A subcommand: its module, which holds a click command of the same name, and what to install for it.

    What a `short` one makes lives until it ends: nothing is collected before, nor torn down then.
    """

    summary: str
    extra: str | None = None
    short: bool = False


COMMANDS = {
    "campaign": _Command("Run a simulation test, or fuzz a project, for many seeds.", extra="sim"),
    "explain": _Command("Explain a rule: what it finds, why that is bad, what to write instead.", short=True),
    "fuzz": _Command("Call a backend in every way that its validators allow.", extra="sim,fuzz"),
    "graph": _Command(
        "Print every function and every use of one, in the backend and in its clients.", short=True
    ),
    "lint": _Command("Lint Convex backends, in TypeScript and Python.", short=True),
    "lsp": _Command("Serve editors by the Language Server Protocol.", extra="lsp"),
    "merge": _Command("Put the results of a campaign's shards together.", extra="sim"),
    "rules": _Command("List the rules.", short=True),
    "run": _Command("Run a function of a backend in the simulator.", extra="sim"),
}
"""Every subcommand `x`, held by the module `biconvex.cli.x` as the click command `x`."""

_INTERRUPTED, _PIPE_CLOSED = 130, 141


class _LazyGroup(click.Group):
    """A group that imports a subcommand only when it is needed, and ends quietly when it is cut off."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **named: Any) -> Any:
        if args is not None:  # called by a program, which goes on
            return super().main(args, *rest, **named)
        gc.disable()
        try:
            return super().main(args, *rest, **named)
        except SystemExit as end:
            if gc.isenabled() or not isinstance(end.code, int):
                raise
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code)  # a tenth of a run would go into freeing memory that is freed now anyway

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if not COMMANDS[cmd_name].short:
            gc.enable()
        try:
            module = import_module(f"{__name__}.{cmd_name}")
        except ModuleNotFoundError as error:
            extra = COMMANDS[cmd_name].extra
            if extra is None or (error.name or "").partition(".")[0] == "biconvex":
                raise
            hint = f"`biconvex {cmd_name}` needs the package {error.name}: pip install 'biconvex[{extra}]'"
            raise UsageProblem(hint) from error
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            hint = did_you_mean(name, COMMANDS, "`biconvex --help` lists them.")
            raise UsageProblem(f"There is no command `{name}`: {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except BrokenPipeError:
            # whoever read our output has gone; Python would complain once more when it flushes at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(_PIPE_CLOSED)
        return result


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="biconvex", prog_name="biconvex", message="%(prog)s %(version)s")
def main() -> None:
    """A static analyzer and a deterministic simulator for Convex backends."""
