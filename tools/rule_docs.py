"""Writes docs/rules from the rules themselves: a page for each, and an index by theme.

`python tools/rule_docs.py` writes; with `--check` it only says what is out of date, and exits with 1 if anything is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from biconvex.lint.documentation import documentation
from biconvex.lint.plugins import installed_rules
from biconvex.lint.rule import Rule

from biconvex.cli.explain import document

FOLDER = Path(__file__).parent.parent / "docs" / "rules"
PRESETS = ("starter", "recommended", "strict")
FIXES = {"never": "", "safe": "`--fix`", "unsafe": "`--unsafe-fixes`"}


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    rules = sorted(installed_rules(), key=lambda rule: (rule.theme, rule.name))
    return {"index.md": index(rules), **{f"{rule.name}.md": document(rule) for rule in rules}}


def index(rules: list[Rule]) -> str:
    """The table of all rules, by theme."""
    lines = [
        "# Rules",
        "",
        "Generated from the rules themselves by `make docs`; each page is what `biconvex explain RULE` prints.",
        "A rule is in the presets that its column names: `recommended` is the default.",
        *table_by_theme(rules),
    ]
    return "\n".join(lines) + "\n"


def table_by_theme(rules: list[Rule]) -> Iterator[str]:
    """A heading and a table for each theme."""
    for theme in sorted({rule.theme for rule in rules}):
        yield from (
            "",
            f"## {theme}",
            "",
            "| rule | severity | presets | fix | what it finds |",
            "| --- | --- | --- | --- | --- |",
        )
        for rule in rules:
            if rule.theme == theme:
                presets = ", ".join(preset for preset in PRESETS if preset in rule.presets) or "by name"
                summary = documentation(rule).summary
                yield (
                    f"| [`{rule.name}`]({rule.name}.md) | {rule.severity.value} | {presets} | {FIXES[rule.fixable]} "
                    f"| {summary} |"
                )


def out_of_date() -> list[str]:
    """The pages whose file is missing or differs, and the files that are no page any more."""
    wanted = pages()
    stale = [
        name
        for name, text in wanted.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    return sorted([*stale, *(path.name for path in FOLDER.glob("*.md") if path.name not in wanted)])


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        stale = out_of_date()
        for name in stale:
            print(f"docs/rules/{name} is out of date: run `make docs`")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"Wrote {len(pages())} pages to docs/rules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
