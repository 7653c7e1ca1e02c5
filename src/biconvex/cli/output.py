"""What the linting commands share: rules by name, and styled output on a terminal."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from biconvex.cli.errors import UsageProblem, did_you_mean
from biconvex.lint.plugins import PackError, installed_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from biconvex.lint.report.text import Line
    from biconvex.lint.rule import Rule

__all__ = ["all_rules", "print_lines", "rule_named", "uncollected", "write"]


def all_rules() -> tuple[Rule, ...]:
    """Give every installed rule by name. Raises `UsageProblem` for a rule pack that can't be used."""
    try:
        return installed_rules()
    except PackError as error:
        raise UsageProblem(str(error)) from error


def rule_named(name: str) -> Rule:
    """Give the rule of a name. Raises `UsageProblem`, with the nearest name, when there is none."""
    rules = {rule.name: rule for rule in all_rules()}
    if name in rules:
        return rules[name]
    hint = did_you_mean(name, rules, "`biconvex rules` lists them.")
    raise UsageProblem(f"There is no rule `{name}`: {hint}")


def print_lines(lines: Iterable[Line]) -> None:
    """Print styled lines, with their colours on a terminal, plain elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.text import Text

        console = Console(highlight=False, soft_wrap=True)
        for line in lines:
            console.print(Text.assemble(*line))
        return
    for line in lines:
        write("".join(text for text, _ in line).rstrip() + "\n")


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector out of a short run: nearly all that it makes lives until it ends."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def write(text: str) -> None:
    """Write to stdout; what its encoding can't express becomes `?`."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding), nl=False)
