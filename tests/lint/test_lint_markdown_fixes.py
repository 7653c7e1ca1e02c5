"""Fixes of code in Markdown: the block is fixed, and the rest of the document stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import biconvex.rules
import pytest
from biconvex.lint.cases import case_files, unmark
from biconvex.lint.engine import lint
from biconvex.lint.fixes.rounds import Fixing, fix_in_rounds
from biconvex.lint.markdown import read_document
from biconvex.lint.markdown.blocks import code_blocks
from biconvex.lint.parse import parse
from biconvex.lint.plugins import load_rules
from biconvex.lint.reading import Desk
from biconvex.lint.result import LintResult
from biconvex.lint.rule import Case, Rule
from biconvex.lint.source import Language, SourceFile

RULES = load_rules([("builtin", biconvex.rules)])
CODE = (".ts", ".tsx", ".js", ".py")


def _fix(folder: Path, text: str, rules: list[Rule]) -> Fixing[LintResult]:
    path = folder / "guide.md"
    path.write_bytes(text.encode())

    def look(changed: Mapping[str, SourceFile]) -> LintResult:
        texts = {folder / name: source.data for name, source in changed.items()}
        return lint([], folder, rules, texts=texts, documents=[read_document(path, Desk(folder, texts))])

    return fix_in_rounds(look, unsafe=True)


def _fixed(folder: Path, text: str, *names: str) -> str:
    fixing = _fix(folder, text, [rule for rule in RULES if rule.name in names])
    return fixing.after["guide.md"].data.decode() if fixing.after else text


def test_a_block_in_a_list_is_fixed_where_it_stands(tmp_path: Path) -> None:
    text = """\
1. Write it:

   ```ts
   export const add = mutation({ args: {}, handler: async (ctx) => {
     ctx.db.insert("tasks", {});
   } });
   ```
"""
    assert _fixed(tmp_path, text, "floating-promise") == text.replace("  ctx.db", "  await ctx.db")


def test_lines_that_a_fix_adds_are_quoted_as_those_around_them(tmp_path: Path) -> None:
    text = """\
> ```ts
> import { mutation } from "./_generated/server";
>
> export const add = mutation(async (ctx) => {
>   await ctx.db.insert("tasks", {});
> });
> ```
"""
    assert (
        _fixed(tmp_path, text, "missing-argument-validators")
        == """\
> ```ts
> import { mutation } from "./_generated/server";
>
> export const add = mutation({
>   args: {},
>   handler: async (ctx) => {
>     await ctx.db.insert("tasks", {});
>   },
> });
> ```
"""
    )


def test_line_ends_of_windows_stay(tmp_path: Path) -> None:
    text = "# é\r\n\r\n```py\r\n@mutation(args={})\r\nasync def add(ctx, args):\r\n    ctx.db.insert('é', {})\r\n```\r\n"
    assert _fixed(tmp_path, text, "floating-promise") == text.replace("ctx.db", "await ctx.db")


def test_an_import_that_a_snippet_leaves_out_is_not_added_to(tmp_path: Path) -> None:
    text = """\
```ts
export const add = mutation({ args: {}, handler: async (ctx) => { throw new Error("Full"); } });
```
"""
    assert _fixed(tmp_path, text, "plain-error") == text


def test_a_fix_of_several_blocks_is_made_in_all_of_them(tmp_path: Path) -> None:
    text = """\
```ts title="convex/schema.ts"
export default defineSchema({
  tasks: defineTable({ owner: v.string() }).index("owner", ["owner"]),
});
```

Then ask for it:

```ts title="convex/tasks.ts"
export const list = query({ args: {}, handler: async (ctx) =>
  await ctx.db.query("tasks").withIndex("owner", (q) => q.eq("owner", "me")).take(5) });
```
"""
    after = text.replace('x("owner"', 'x("by_owner"')
    assert _fixed(tmp_path, text, "misnamed-index") in {after, text}


def _cases() -> list[Any]:
    return [
        pytest.param(rule, case, language, id=f"{rule.name}-{language}-{case.name}")
        for rule in RULES
        for case in rule.flagged
        for language in ("typescript", "python")
        if case.fixed is not None and getattr(case.fixed, language) is not None
    ]


@pytest.mark.parametrize(("rule", "case", "language"), _cases())
def test_blocks_still_parse_and_what_is_around_them_stays(
    rule: Rule, case: Case, language: Language, tmp_path: Path
) -> None:
    parts = []
    for path, text in case_files(case, language).items():
        if path.endswith(CODE):
            lines = "".join(f"> {line}\n" for line in unmark(text)[0].splitlines())
            parts.append(f'> ```{path.rpartition(".")[2]} title="convex/{path}"\n{lines}> ```\n')
    fixing = _fix(tmp_path, "\nAnd then:\n\n".join(parts), [rule])
    assert (fixing.settled, fixing.broken) == (True, [])
    for source in fixing.after.values():
        after = source.data.decode()
        assert after.count("\nAnd then:\n") == len(parts) - 1
        assert all(line.startswith(">") for line in after.splitlines() if line not in {"", "And then:"})
        blocks = list(code_blocks(after))
        assert len(blocks) == len(parts)
        for block in blocks:
            assert parse(SourceFile("block", block.language, block.text.encode())).errors == []
