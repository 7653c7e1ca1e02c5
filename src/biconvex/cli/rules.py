"""`biconvex rules`: the list of rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from biconvex.cli.output import all_rules, print_lines, write
from biconvex.lint.documentation import documentation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.report.text import Line
    from biconvex.lint.rule import Rule

__all__ = ["rules"]


@click.command
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", help="How to list.")
def rules(style: str) -> None:
    """List every installed rule with its theme and severity, and what it finds in one line."""
    installed = all_rules()
    if style == "json":
        listed = [
            {
                "name": rule.name,
                "theme": rule.theme,
                "severity": rule.severity.value,
                "summary": documentation(rule).summary,
                "presets": sorted(rule.presets),
                "fixable": rule.fixable,
                "links": list(rule.links),
            }
            for rule in installed
        ]
        write(json.dumps({"version": 1, "rules": listed}, indent=2) + "\n")
    else:
        print_lines(_lines(installed))


def _lines(installed: tuple[Rule, ...]) -> Iterator[Line]:
    width = max((len(rule.name) for rule in installed), default=0)
    for theme in sorted({rule.theme for rule in installed}):
        yield ((theme, "bold"),)
        for rule in installed:
            if rule.theme == theme:
                yield (
                    (f"  {rule.name:{width}}", ""),
                    (f"  {rule.severity.value:7}", "dim"),
                    (f"  {documentation(rule).summary}", ""),
                )
