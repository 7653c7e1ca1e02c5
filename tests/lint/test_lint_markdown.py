"""Code in Markdown: which blocks there are, what belongs together, and where findings point."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.engine import lint
from biconvex.lint.finding import Finding
from biconvex.lint.markdown import read_document
from biconvex.lint.markdown.blocks import code_blocks
from biconvex.lint.model import Backend
from biconvex.lint.plugins import installed_rules
from biconvex.lint.reading import Desk
from hypothesis import given, settings
from hypothesis import strategies as st

SEEDS = Path(__file__).parents[3] / "shared/seeds"
RULES = [rule for rule in installed_rules() if rule.name == "floating-promise"]
FLOATING = "export const add = mutation({ args: {}, handler: async (ctx) => { ctx.db.insert('a', {}); } });"


def _lint(folder: Path, text: str, name: str = "guide.md") -> list[Finding]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    document = read_document(path, Desk(folder))
    return list(lint([], folder, RULES, documents=[document]).findings)


def _told(findings: list[Finding]) -> list[tuple[str, int, int, str]]:
    return [(finding.path, finding.line, finding.column, finding.rule) for finding in findings]


def _backends(folder: Path, text: str) -> list[Backend]:
    path = folder / "guide.md"
    path.write_text(text, encoding="utf-8")
    return [fragment.build() for fragment in read_document(path, Desk(folder)).fragments]


# --- blocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ts", "typescript"),
        ("TypeScript", "typescript"),
        ("jsx", "typescript"),
        ("python", "python"),
        ("py", "python"),
    ],
)
def test_blocks_of_the_languages_of_backends_are_found(tag: str, language: str) -> None:
    (block,) = code_blocks(f"text\n\n```{tag}\ncode\n```\n")
    assert (block.language, block.line, block.text) == (language, 4, "code\n")


@pytest.mark.parametrize("text", ["```\ncode\n```\n", "```bash\nls\n```\n", "    indented()\n", "`ts`\n"])
def test_other_code_is_left_alone(text: str) -> None:
    assert list(code_blocks(text)) == []


@pytest.mark.parametrize(
    ("fence", "first", "path"),
    [
        ("ts", "// convex/http.ts", "convex/http.ts"),
        ("ts", "// ./convex/http.ts (excerpt)", "convex/http.ts"),
        ("ts", "/* File: convex/http.ts */", "convex/http.ts"),
        ("py", "# convex/tasks.py", "convex/tasks.py"),
        ("ts", "\n// convex/http.ts", "convex/http.ts"),
        ('ts title="convex/http.ts" {2}', "x();", "convex/http.ts"),
        ("ts:convex/http.ts", "// send a mail", None),
        ("ts", "// see convex/http.ts", None),
        ("ts", "x(); // convex/http.ts", None),
    ],
)
def test_a_block_names_its_file_on_its_first_line_or_in_its_title(
    fence: str, first: str, path: str | None
) -> None:
    (block,) = code_blocks(f"```{fence}\n{first}\ny();\n```\n")
    assert block.path == path


def test_fences_within_lists_and_quotes_know_their_indents() -> None:
    listed, quoted = code_blocks("1. One\n\n   ```ts\n   a();\n     b();\n   ```\n\n> ```ts\n> c();\n> ```\n")
    assert (listed.text, listed.line, listed.indents) == ("a();\n  b();\n", 4, (3, 3))
    assert (quoted.text, quoted.line, quoted.indents) == ("c();\n", 9, (2,))


def test_mdx_has_blocks_within_its_elements() -> None:
    text = "<Tabs>\n<Tab>\n    ```ts\n    a();\n    ```\n</Tab>\n</Tabs>\n"
    assert [block.text for block in code_blocks(text, mdx=True)] == ["a();\n"]
    assert list(code_blocks(text)) == []


@given(st.text(alphabet="`~> -*\t\n\rts0.a/#é<>|", max_size=60))
@settings(max_examples=150)
def test_any_text_is_read(text: str) -> None:
    for block in code_blocks(text):
        assert block.line >= 2


# --- findings ----------------------------------------------------------------------------------------------


def test_a_finding_points_to_its_line_and_column_in_the_document(tmp_path: Path) -> None:
    listed = f"# Guide\n\n1. First\n\n   ```ts\n   // write\n   {FLOATING}\n   ```\n"
    column = 4 + FLOATING.index("ctx.db")
    assert _told(_lint(tmp_path, listed)) == [("guide.md", 7, column, "floating-promise")]


def test_lines_that_end_as_on_windows_count_as_lines(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_bytes(f"# é\r\n\r\n```ts\r\n\r\n{FLOATING}\r\n```\r\n".encode())
    document = read_document(tmp_path / "guide.md", Desk(tmp_path))
    (finding,) = lint([], tmp_path, RULES, documents=[document]).findings
    assert (finding.line, finding.column) == (5, 1 + FLOATING.index("ctx.db"))


def test_python_needs_no_imports_either(tmp_path: Path) -> None:
    code = '@internal_mutation(args={})\nasync def add(ctx, args):\n    ctx.db.insert("a", {})\n'
    assert _told(_lint(tmp_path, f"```py\n{code}```\n")) == [("guide.md", 4, 5, "floating-promise")]


def test_a_name_that_the_snippet_binds_is_its_own(tmp_path: Path) -> None:
    own = f"const mutation = (given: unknown) => given;\n{FLOATING}"
    backends = _backends(tmp_path, f"```ts\n{FLOATING}\n```\n```ts\n{own}\n```\n")
    assert [[function.name for function in backend.functions] for backend in backends] == [["add"], []]


def test_what_a_snippet_does_not_show_is_unknown(tmp_path: Path) -> None:
    code = "export const f = action({ args: {}, handler: async (ctx) => { await ctx.runQuery(internal.a.b, {}); } });"
    (backend,) = _backends(tmp_path, f"```ts\n{code}\n```\n")
    assert backend.fragment
    assert [(reference.name, reference.status) for reference in backend.references] == [
        ("internal.a.b", "unknown")
    ]


def test_the_schema_of_a_document_is_a_part_of_one(tmp_path: Path) -> None:
    code = "export default defineSchema({ a: defineTable({ b: v.string() }).index('by_b', ['b']) });"
    (backend,) = _backends(tmp_path, f"```ts\n{code}\n```\n")
    assert backend.schema is not None
    assert (backend.schema.complete, backend.schema.tables["a"].complete) == (False, False)
    assert list(backend.schema.tables["a"].indexes) == ["by_b"]


def test_blocks_that_name_their_files_make_one_backend_until_a_file_comes_again(tmp_path: Path) -> None:
    def block(path: str) -> str:
        return (
            f"```ts\n// {path}\nexport const f = query({{ args: {{}}, handler: async () => null }});\n```\n"
        )

    text = "".join(map(block, ("convex/a.ts", "convex/lib/b.ts", "src/App.ts", "convex/a.ts")))
    backends = _backends(tmp_path, f"{text}```ts\nquery\n```\n")
    assert [sorted(backend.modules) for backend in backends] == [
        ["snippet"],
        ["../src/App", "a", "lib/b"],
        ["a"],
    ]


def test_a_block_that_leaves_something_out_is_passed_over(tmp_path: Path) -> None:
    assert _lint(tmp_path, f"```ts\nexport const a = {{ ... }};\n{FLOATING}\n```\n") == []


def test_a_document_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_bytes(b"\xff\xfe")
    document = read_document(tmp_path / "guide.md", Desk(tmp_path))
    (finding,) = lint([], tmp_path, [], documents=[document]).findings
    assert (finding.rule, finding.message) == ("unreadable-file", "This file isn't UTF-8: save it as UTF-8.")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not here")
def test_the_seed_documents_are_linted_without_a_failure_of_ours() -> None:
    desk = Desk(SEEDS)
    documents = [read_document(path, desk) for path in sorted(SEEDS.glob("*.txt"))]
    result = lint([], SEEDS, installed_rules(), documents=documents)
    assert result.files == len(documents) > 0
    assert result.functions > 30
    assert [
        finding for finding in result.findings if finding.rule in {"internal-error", "syntax-error"}
    ] == []
    lines = {document.source.path: document.source for document in documents}
    for finding in result.findings:
        assert lines[finding.path].line(finding.line).strip()


# --- ends of chains ----------------------------------------------------------------------------------------


CHAINS = """\
Fields must be compared in order:

```ts
// Schema
.index("by_owner_done", ["owner", "done"])

// Right
.withIndex("by_owner_done", (q) => q.eq("owner", me).eq("done", true))

// Wrong
.withIndex("by_owner_done", (q) =>
  q.eq("done", true)  // no owner
)
```
"""


def test_ends_of_chains_are_read_as_tables_and_queries(tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text(CHAINS)
    rules = [rule for rule in installed_rules() if rule.name == "index-range-out-of-order"]
    findings = lint([], tmp_path, rules, documents=[read_document(path, Desk(tmp_path))]).findings
    assert _told(list(findings)) == [("guide.md", 12, 8, "index-range-out-of-order")]
    assert [(evidence.line, evidence.column) for evidence in findings[0].evidence] == [(5, 8)]


def test_ends_of_chains_are_found_where_they_stand_in_a_quote(tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text("".join(f"> {line}\n" for line in CHAINS.splitlines()))
    rules = [rule for rule in installed_rules() if rule.name == "index-range-out-of-order"]
    findings = lint([], tmp_path, rules, documents=[read_document(path, Desk(tmp_path))]).findings
    assert _told(list(findings)) == [("guide.md", 12, 10, "index-range-out-of-order")]


@pytest.mark.parametrize("code", [".then(done)", ".index('a', ['b'])\n\nconst x = 1;", "// only words", ""])
def test_other_ends_are_left_alone(tmp_path: Path, code: str) -> None:
    (backend,) = _backends(tmp_path, f"```ts\n{code}\n```\n")
    assert backend.schema is None
