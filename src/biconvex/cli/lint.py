"""`biconvex lint`: findings about the backends below the given paths."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from biconvex.cli.asked import asked_for
from biconvex.cli.fixing import fix, fix_options, show_fixes
from biconvex.cli.known import baseline_of, changes_of, known_options, write_known
from biconvex.cli.linter import Linter, config_options, configuration
from biconvex.cli.output import all_rules, uncollected, write
from biconvex.cli.report import FORMATS, Report
from biconvex.lint.answers import open_answers
from biconvex.lint.cache import open_cache
from biconvex.lint.folding import folded

if TYPE_CHECKING:
    from biconvex.lint.cache import Parser
    from biconvex.lint.result import LintResult

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
@click.option("--watch", is_flag=True, help="Lint again whenever a file changes, until Ctrl-C.")
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
    watch: bool,
    **told: Any,
) -> None:
    """Lint the Convex backends at, around or below each PATH (by default, the working directory).

    A backend is read as one program: a PATH within one selects which findings to report. Of a Markdown file
    the blocks of code are linted. The PATH `-` is a text on stdin.

    Exit code: 0 no findings, 1 findings, 2 wrong usage or no backend.
    """
    rules, cwd = all_rules(), Path.cwd()
    asked = asked_for(paths, stdin_filename, language)
    configured = configuration(asked, cwd, rules, told)
    linter = Linter(asked, cwd, configured)
    if not no_cache:
        linter.cache = open_cache(cwd)
        # what took how long is known of what is done
        linter.answers = None if statistics else open_answers(cwd)
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
    report = Report(style, output_file, statistics)

    def run(parser: Parser | None) -> LintResult:
        began = perf_counter()
        linter.cache = parser
        with uncollected():
            result = fix(linter, unsafe=told["unsafe_fixes"]) if fixing else linter.look()
        if configured.folds:
            result = replace(result, findings=folded(result.findings))
        report.show(result, configured.rules, perf_counter() - began)
        return result

    if watch:
        from biconvex.cli.watching import keep_watching

        keep_watching(run, linter.cache, asked, cwd)
    ctx.exit(1 if run(linter.cache).findings else 0)
