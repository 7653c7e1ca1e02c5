"""Writes the same suite of small tests for both sides, and one test each that holds many documents."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["DOCUMENTS", "FILES", "TESTS", "write_suite"]

FILES = 25
TESTS = 200
DOCUMENTS = 50_000
"""How many documents the test has that memory is measured of."""

_OURS = """\
import pytest


@pytest.mark.parametrize("n", range({first}, {last}))
def test_a_message_that_was_sent_is_the_newest(convex, n):
    message = {{"channel": "c", "status": "open", "author": "a", "body": "b", "n": float(n)}}
    convex.mutation("messages:insert", message)
    assert [found["n"] for found in convex.query("messages:newest", {{"channel": "c"}})] == [n]
"""
_THEIRS = """\
import {{ expect, test }} from "vitest";
import {{ api }} from "../../../../workload/convex/_generated/api";
import {{ deployment }} from "../../../../peer/measures";

for (let n = {first}; n < {last}; n++) {{
  test(`a message that was sent is the newest: ${{n}}`, async () => {{
    const convex = deployment();
    await convex.mutation(api.messages.insert, {{ channel: "c", status: "open", author: "a", body: "b", n }});
    const newest = await convex.query(api.messages.newest, {{ channel: "c" }});
    expect(newest.map((found) => found.n)).toEqual([n]);
  }});
}}
"""
_OUR_MEMORY = """\
def test_many_documents(convex):
    for first in range(0, {documents}, 5_000):
        convex.mutation("messages:fill", {{"from": float(first), "count": 5_000.0}})
    assert convex.query("messages:newest", {{"channel": "c9"}})[0]["n"] == {documents} - 1
"""
_THEIR_MEMORY = """\
import {{ expect, test }} from "vitest";
import {{ api }} from "../../../../workload/convex/_generated/api";
import {{ deployment }} from "../../../../peer/measures";

test("many documents", async () => {{
  const convex = deployment();
  for (let from = 0; from < {documents}; from += 5_000) {{
    await convex.mutation(api.messages.fill, {{ from, count: 5_000 }});
  }}
  const newest = await convex.query(api.messages.newest, {{ channel: "c9" }});
  expect(newest[0]!.n).toBe({documents} - 1);
}});
"""
_INI = """\
[pytest]
convex_project = {workload}
python_files = case_*.py memory.py
addopts = -p no:cacheprovider {without}
"""
# Plugins of the development environment: those who use Biconvex need none of them.
_WITHOUT = ("hypothesispytest", "anyio", "xdist", "xdist.looponfail", "timeout")


def write_suite(folder: Path, workload: Path) -> None:
    """Write both suites into a fresh folder: `ours/small`, `ours/memory.py`, `theirs/small`, `theirs/memory`."""
    shutil.rmtree(folder, ignore_errors=True)
    ours, theirs = folder / "ours", folder / "theirs"
    for made in (ours / "small", theirs / "small", theirs / "memory"):
        made.mkdir(parents=True)
    each = TESTS // FILES
    for number in range(FILES):
        span = {"first": number * each, "last": (number + 1) * each}
        (ours / "small" / f"case_{number:02}.py").write_text(_OURS.format(**span))
        (theirs / "small" / f"case{number:02}.bench.ts").write_text(_THEIRS.format(**span))
    (ours / "memory.py").write_text(_OUR_MEMORY.format(documents=DOCUMENTS))
    (theirs / "memory" / "memory.bench.ts").write_text(_THEIR_MEMORY.format(documents=DOCUMENTS))
    without = " ".join(f"-p no:{plugin}" for plugin in _WITHOUT)
    (ours / "pytest.ini").write_text(_INI.format(workload=workload, without=without))
