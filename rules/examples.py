"""Cases of rules in short: a handler's statements and a schema's tables, put into whole files of both languages."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from biconvex.lint.rule import Case, Fixed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "handler_case",
    "python_handler",
    "python_schema",
    "schema_case",
    "typescript_handler",
    "typescript_schema",
]

Both = tuple[str, str]
"""The same in TypeScript and in Python."""


def typescript_handler(statements: str, kind: str = "query", *, before: str = "") -> str:
    """A file with one function, `run`, whose handler has these statements."""
    body = textwrap.indent(textwrap.dedent(statements).strip("\n"), "    ")
    return f"""\
import {{ {kind} }} from "./_generated/server";
import {{ v }} from "convex/values";
{before}export const run = {kind}({{
  args: {{}},
  handler: async (ctx, args) => {{
{body}
  }},
}});
"""


def python_handler(statements: str, kind: str = "query", *, before: str = "") -> str:
    """A file with one function, `run`, whose handler has these statements."""
    body = textwrap.indent(textwrap.dedent(statements).strip("\n"), "    ")
    builder = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind)
    return f"""\
from biconvex.sim.server import {builder}
from biconvex.sim.values import v
{before}
@{builder}(args={{}})
async def run(ctx, args):
{body}
"""


def typescript_schema(tables: str) -> str:
    """A schema with these tables, as they are written in the object of `defineSchema`."""
    return f"""\
import {{ defineSchema, defineTable }} from "convex/server";
import {{ v }} from "convex/values";
export default defineSchema({{
{textwrap.indent(textwrap.dedent(tables).strip(), "  ")}
}});
"""


def python_schema(tables: str) -> str:
    """A schema with these tables, as they are written in the dict of `define_schema`."""
    return f"""\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({{
{textwrap.indent(textwrap.dedent(tables).strip(), "    ")}
}})
"""


def handler_case(
    name: str,
    typescript: str,
    python: str,
    *,
    kind: str = "query",
    schema: Both | str | None = None,
    before: Both = ("", ""),
    fixed: Both | Fixed | None = None,
    options: Mapping[str, Any] | None = None,
) -> Case:
    """A case of one handler, perhaps with a schema; one text for its tables serves both languages.

    `fixed` has the statements as fixes make them, or all that becomes of the case.
    """
    files = (
        {"tasks.ts": typescript_handler(typescript, kind, before=before[0])},
        {"tasks.py": python_handler(python, kind, before=before[1])},
    )
    if schema is not None:
        first, second = _tables(schema)
        files[0]["schema.ts"] = typescript_schema(first)
        files[1]["schema.py"] = python_schema(second)
    if isinstance(fixed, tuple):
        fixed = Fixed(
            {"tasks.ts": typescript_handler(fixed[0], kind, before=before[0])},
            {"tasks.py": python_handler(fixed[1], kind, before=before[1])},
        )
    return Case(name, files[0], files[1], fixed=fixed, options=options or {})


def schema_case(
    name: str,
    tables: Both | str,
    *,
    fixed: Both | str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Case:
    """A case of a schema alone; one text for its tables serves both languages. `fixed` is as `tables`."""
    first, second = _tables(tables)
    return Case(
        name,
        {"schema.ts": typescript_schema(first)},
        {"schema.py": python_schema(second)},
        fixed=None if fixed is None else _fixed(fixed),
        options=options or {},
    )


def _fixed(tables: Both | str) -> Fixed:
    first, second = _tables(tables)
    return Fixed({"schema.ts": typescript_schema(first)}, {"schema.py": python_schema(second)})


def _tables(tables: Both | str) -> Both:
    if isinstance(tables, tuple):
        return tables
    return tables, tables.replace("defineTable", "define_table")
