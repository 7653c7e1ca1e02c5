"""`biconvex explain`: the documentation of one rule, and examples of what it flags and what it lets pass."""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from typing import TYPE_CHECKING

import click

from biconvex.cli.output import rule_named, write
from biconvex.lint.cases import case_files, unmark
from biconvex.lint.documentation import documentation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from biconvex.lint.rule import Case, Rule
    from biconvex.lint.source import Language

__all__ = ["explain"]

LANGUAGES: tuple[tuple[Language, str, str], ...] = (
    ("typescript", "TypeScript", "ts"),
    ("python", "Python", "python"),
)


@click.command
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain RULE: what it finds, why that is bad, what to write instead, and what it can't see."""
    text = document(rule_named(rule))
    if not sys.stdout.isatty():
        write(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def document(rule: Rule) -> str:
    """Write the rule's page as Markdown: its module's docstring, then its first examples in both languages."""
    told = documentation(rule)
    parts = [
        f"# {rule.name}",
        told.summary,
        f"Theme: {rule.theme} · severity: {rule.severity.value}",
        *(f"## {heading}\n\n{text}" for heading, text in told.sections.items()),
        *_options(rule),
        *_examples("Flagged", rule.flagged[:1]),
        *_examples("Not flagged", rule.silent[:1]),
    ]
    return "\n\n".join(parts) + "\n"


def _options(rule: Rule) -> Iterator[str]:
    """What the configuration can tell the rule: its `Options`, with their defaults as TOML has them."""
    fields = dataclasses.fields(rule.Options)
    if fields:
        defaults = rule.Options()
        lines = (_setting(field.name.replace("_", "-"), getattr(defaults, field.name)) for field in fields)
        code = "\n".join((f"[rules.{rule.name}]", *lines))
        yield f"## Options\n\n{inspect.getdoc(rule.Options)}\n\n```toml\n{code}\n```"


def _setting(name: str, value: object) -> str:
    if value is None:
        return f"# {name} = …"
    return (
        f"{name} = {json.dumps(sorted(value) if isinstance(value, frozenset) else value, ensure_ascii=False)}"
    )


def _examples(title: str, cases: Sequence[Case]) -> Iterator[str]:
    for case in cases:
        for language, name, fence in LANGUAGES:
            code = "\n".join(_code(case, language))
            yield f"## {title} in {name}: {case.name}\n\n```{fence}\n{code}\n```"


def _code(case: Case, language: Language) -> Iterator[str]:
    files = case_files(case, language)
    for path, text in files.items():
        if len(files) > 1:
            yield f"{'#' if language == 'python' else '//'} {path}"
        yield unmark(text)[0].rstrip()
