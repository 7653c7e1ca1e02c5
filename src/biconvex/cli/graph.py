"""`biconvex graph`: every function of the backends, and who uses it."""

from __future__ import annotations

from pathlib import Path

import click

from biconvex.cli.asked import asked_for, no_backend
from biconvex.cli.output import write
from biconvex.lint.graph import build_graph
from biconvex.lint.graph.export import render_graph_dot, render_graph_json
from biconvex.lint.graph.text import render_graph_text

__all__ = ["graph"]

_RENDER = {"text": render_graph_text, "json": render_graph_json, "dot": render_graph_dot}


@click.command
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--format", "style", type=click.Choice(list(_RENDER)), default="text", help="How to print.")
def graph(paths: tuple[Path, ...], style: str) -> None:
    """Print every function of the backends at, around or below each PATH, and every use of one.

    Uses are calls and schedules in the backend, cron jobs, HTTP routes, and clients in the same repository.
    """
    asked = asked_for(paths, None, None)
    found = build_graph(asked.paths, Path.cwd())
    if not found.backends:
        raise no_backend(asked.paths)
    write(_RENDER[style](found))
