"""`biconvex lsp`: the language server, over stdin and stdout."""

from __future__ import annotations

from importlib.metadata import version

import click

from biconvex.cli.errors import UsageProblem
from biconvex.cli.server import make_server
from biconvex.lint.plugins import PackError

__all__ = ["lsp"]


@click.command
def lsp() -> None:
    """Serve editors by the Language Server Protocol, over stdin and stdout.

    Diagnostics come as you type, hovers explain the rule of a finding, quick fixes make its fix.
    """
    try:
        server = make_server(version("biconvex"))
    except PackError as error:
        raise UsageProblem(str(error)) from error
    server.start_io()
