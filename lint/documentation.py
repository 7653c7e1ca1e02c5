"""A rule's documentation, as its module's docstring has it: one summary line, then fixed headings."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.rule import Rule

__all__ = ["HEADINGS", "Documentation", "documentation"]

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead", "Known limits", "References")
"""The headings of a rule's docstring, in order."""

_HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)


class Documentation(msgspec.Struct, frozen=True):
    """What a rule's docstring says: `sections` maps each heading to its Markdown text, in order."""

    summary: str
    sections: Mapping[str, str]


def documentation(rule: Rule) -> Documentation:
    """Read the docstring of the module that defines a rule; empty where it has none."""
    text = inspect.getdoc(inspect.getmodule(type(rule))) or ""
    head, *parts = _HEADING.split(f"{text}\n")
    sections = {heading: body.strip() for heading, body in zip(parts[::2], parts[1::2], strict=True)}
    return Documentation(head.strip().partition("\n")[0], sections)
