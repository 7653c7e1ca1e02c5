"""The report for people: each finding with its line of code, what it rests on, and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.report.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.finding import Finding
    from biconvex.lint.result import LintResult
    from biconvex.lint.source import SourceFile

__all__ = ["Line", "render_text", "text_lines"]

Line = tuple[tuple[str, str], ...]
"""A line of the report: pieces of text, each with a style of rich (an empty one for plain text)."""

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}


def render_text(result: LintResult, seconds: float | None = None) -> str:
    """Render the report as plain text, ending in a newline. `seconds` is what the run took, to be said."""
    lines = ("".join(text for text, _ in line) for line in text_lines(result, seconds))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def text_lines(result: LintResult, seconds: float | None = None) -> Iterator[Line]:
    """Yield the report's lines, for a printer that knows styles. `seconds` as in `render_text`."""
    for finding in result.findings:
        yield from _finding(finding, result.sources)
        yield ()
    yield _summary(result, seconds)
    yield from _notes(result)


def _finding(finding: Finding, sources: Mapping[str, SourceFile]) -> Iterator[Line]:
    colour = _COLOURS[finding.severity]
    yield (
        (f"{finding.path}:{finding.line}:{finding.column}", "bold"),
        ("  ", ""),
        (finding.severity.value, colour),
        ("  ", ""),
        (finding.rule, "bold"),
    )
    for text in finding.message.splitlines():
        yield ((f"  {text}", ""),)
    source = sources.get(finding.path)
    shown = source and excerpt(source, finding)
    if shown:
        number = str(finding.line)
        gutter = " " * len(number)
        yield ((f"    {gutter} │", "dim"),)
        yield ((f"    {number} │ ", "dim"), (shown.code, ""))
        yield ((f"    {gutter} │ ", "dim"), (shown.indent, ""), (shown.carets, colour))
    for evidence in finding.evidence:
        yield (
            ("    ", ""),
            (f"{evidence.path}:{evidence.line}:{evidence.column}", "dim"),
            (f"  {evidence.message}", ""),
        )
    if finding.help and not (finding.fix and finding.fix.title == finding.help):
        yield (("  help: ", "bold green"), (finding.help, ""))
    if finding.fix:
        option = "--fix" if finding.fix.safe else "--unsafe-fixes"
        yield (("  fix: ", "bold green"), (finding.fix.title, ""), (f" ({option})", "dim"))


def _summary(result: LintResult, seconds: float | None) -> Line:
    took = "" if seconds is None else f" in {seconds:.2f} s"
    scope = ", ".join((_count(result.files, "file"), _count(result.functions, "function")))
    if result.backends > 1:
        scope = f"{_count(result.backends, 'backend')}, {scope}"
    if not result.findings:
        return (("No findings", "bold green"), (f": {scope}{took}.", ""))
    counts = ", ".join(_count(number, name) for name, number in result.by_severity.items() if number)
    return ((_count(len(result.findings), "finding"), "bold"), (f" ({counts}): {scope}{took}.", ""))


def _notes(result: LintResult) -> Iterator[Line]:
    """What the number of findings doesn't tell, a line for each."""
    if result.fixed:
        yield ((f"Fixed {_count(result.fixed, 'finding')}.", "bold green"),)
    safe, unsafe = result.fixable["safe"], result.fixable["unsafe"]
    options = [f"{safe:,} with --fix"] if safe else []
    options += [f"{unsafe:,} with --unsafe-fixes"] if unsafe else []
    if options:
        yield ((f"Can be fixed: {', '.join(options)}.", ""),)
    left_out = [f"{result.suppressed:,} suppressed by comments"] if result.suppressed else []
    left_out += [f"{result.known:,} in the baseline"] if result.known else []
    if left_out:
        yield ((f"Not reported: {', '.join(left_out)}.", ""),)
    if result.stale:
        stale = _count(result.stale, "finding")
        yield ((f"The baseline has {stale} too many: `--write-baseline` takes out what is fixed.", "yellow"),)


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 or name == 'info' else 's'}"
