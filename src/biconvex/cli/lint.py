"""`biconvex lint`: findings about the backends below the given paths."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import click

from biconvex.cli.asked import asked_for
from biconvex.cli.fixing import fix, fix_options, show_fixes
from biconvex.cli.known import baseline_of, changes_of, known_options, write_known
from biconvex.cli.linter import Linter, config_options, configuration
from biconvex.cli.output import all_rules, print_lines, uncollected, write
from biconvex.cli.report import FORMATS, deliver, render
from biconvex.lint.cache import open_cache
from biconvex.lint.report.statistics import render_statistics
from biconvex.lint.report.text import text_lines

__all__ = ["lint"]


@click.command
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--format", "style", type=click.Choice(FORMATS), default="text", help="How to report.")
@click.option(
    "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file."
)
@click.option(
    "--statistics", is_flag=True, help="Tell on stderr what each rule found, and what took how long."
)
@click.option(
    "--stdin-filename", type=click.Path(path_type=Path), help="The file that the text on stdin stands in for."
)
@click.option(
    "--language", type=click.Choice(["markdown"]), help="Read the files as Markdown, whatever their names."
)
@config_options
@fix_options
@known_options
@click.option("--no-cache", is_flag=True, help="Neither use nor write the cache.")
@click.pass_context
def lint(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    style: str,
    output_file: Path | None,
    statistics: bool,
    stdin_filename: Path | None,
    language: str | None,
    no_cache: bool,
    **told: Any,
) -> None:
    """Lint the Convex backends at, around or below each PATH (by default, the working directory).

    A backend is read as one program: a PATH within one selects which findings to report. Of a Markdown file
    the blocks of code are linted. The PATH `-` is a text on stdin.

    Exit code: 0 no findings, 1 findings, 2 wrong usage or no backend.
    """
    began = perf_counter()
    rules = all_rules()
    asked, cwd = asked_for(paths, stdin_filename, language), Path.cwd()
    configured = configuration(asked, cwd, rules, told)
    linter = Linter(asked, cwd, configured, None if no_cache else open_cache(cwd))
    with uncollected():
        if told["write_baseline"] is not None:
            write(write_known(linter, told))
            return
        linter.baseline = baseline_of(told["baseline"] or configured.baseline)
        linter.changes = changes_of(told["changed_since"], asked)
        if told["diff"]:
            difference = show_fixes(linter, unsafe=told["unsafe_fixes"])
            write(difference)
            ctx.exit(1 if difference else 0)
        fixing = told["fixing"] or told["unsafe_fixes"]
        result = fix(linter, unsafe=told["unsafe_fixes"]) if fixing else linter.look()
    if style == "text" and output_file is None:
        print_lines(text_lines(result, perf_counter() - began))
    else:
        deliver(render(result, style, configured.rules, perf_counter() - began), output_file)
    if statistics:
        click.echo(render_statistics(result), nl=False, err=True)
    ctx.exit(1 if result.findings else 0)
