"""Statistics of a run: what each rule found and took, and what each stage of the run took."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from biconvex.lint.result import LintResult

__all__ = ["render_statistics"]


def render_statistics(result: LintResult) -> str:
    """Render two tables as plain text: rules by name with findings and milliseconds, stages in their order."""
    found = result.by_rule
    names = sorted({*result.rule_seconds, *found})
    rules = [(name, f"{found.get(name, 0):,}", _ms(result.rule_seconds.get(name))) for name in names]
    stages = [(stage.name, f"{stage.files:,}", _ms(stage.seconds)) for stage in result.stages]
    lines = [*_table(("rule", "findings", "ms"), rules), "", *_table(("stage", "files", "ms"), stages)]
    return "".join(f"{line}\n" for line in lines)


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.1f}"


def _table(head: tuple[str, str, str], rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(3)]
    for name, number, ms in (head, *rows):
        yield f"{name:{widths[0]}}  {number:>{widths[1]}}  {ms:>{widths[2]}}".rstrip()
