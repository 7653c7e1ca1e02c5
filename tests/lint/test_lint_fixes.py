"""Fixes: how edits get into texts, in which order, and what is left out because it would break something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from biconvex.lint.finding import Edit, Finding, Fix, Severity
from biconvex.lint.fixes.apply import apply_fixes, edited
from biconvex.lint.fixes.rounds import MOST_ROUNDS, fix_in_rounds
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile
from hypothesis import given
from hypothesis import strategies as st

PATH = "convex/tasks.ts"


def _source(text: str, path: str = PATH) -> SourceFile:
    return SourceFile(path, "python" if path.endswith(".py") else "typescript", text.encode())


def _finding(*edits: Edit, safe: bool = True, message: str = "Bad.") -> Finding:
    return Finding(PATH, 1, 1, 1, 1, "bad", Severity.ERROR, message, fix=Fix("mend it", edits, safe))


def _put(start: int, end: int, text: str, path: str = PATH) -> Edit:
    return Edit(path, start, end, text)


def _applied(text: str, *findings: Finding) -> tuple[str, int, int]:
    """The text afterwards, how many fixes were made, and how many would have broken it."""
    sources = {PATH: _source(text)}
    applied = apply_fixes(sources, findings)
    after = applied.sources.get(PATH, sources[PATH])
    return after.data.decode(), len(applied.made), len(applied.broken)


# --- edits -------------------------------------------------------------------------------------------------


def test_edits_are_made_at_the_places_of_the_text_as_it_was() -> None:
    edits = [_put(6, 9, "z"), _put(0, 0, "let "), _put(3, 4, "")]
    assert edited(b"a = b;c.d;", edits) == b"let a =b;z;"


def test_what_is_inserted_gets_the_line_ends_of_the_file() -> None:
    assert edited(b"a;\r\nb;\r\n", [_put(0, 0, "x;\ny;\n")]) == b"x;\r\ny;\r\na;\r\nb;\r\n"
    assert edited(b"a;\nb;\r\n", [_put(0, 0, "x;\r\n")]) == b"x;\na;\nb;\r\n"


def test_places_are_bytes_whatever_the_letters() -> None:
    text = 'const å = "é"; f();'
    at = text.encode().index(b"f()")
    assert edited(text.encode(), [_put(at, at, "await ")]).decode() == 'const å = "é"; await f();'


@st.composite
def _texts_with_edits(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    text = draw(st.text(alphabet="ab\né", max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, [(start, end, draw(st.text(alphabet="xy", max_size=3))) for start, end in pairs]


@given(_texts_with_edits())
def test_edits_change_exactly_what_they_name(case: tuple[str, list[tuple[int, int, str]]]) -> None:
    text, changes = case
    expected = text
    for start, end, new in reversed(changes):
        expected = expected[:start] + new + expected[end:]
    edits = [_put(len(text[:start].encode()), len(text[:end].encode()), new) for start, end, new in changes]
    assert edited(text.encode(), edits).decode() == expected


# --- fixes -------------------------------------------------------------------------------------------------


def test_fixes_that_do_not_touch_are_made_together() -> None:
    assert _applied("f(); g();", _finding(_put(0, 0, "await ")), _finding(_put(5, 5, "await "))) == (
        "await f(); await g();", 2, 0,
    )  # fmt: skip


@pytest.mark.parametrize("second", [(0, 1), (1, 1), (1, 2), (0, 9)])
def test_of_fixes_that_touch_the_first_is_made(second: tuple[int, int]) -> None:
    first = _finding(_put(0, 1, "h"))
    assert _applied("f(); g();", first, _finding(_put(*second, "i"))) == ("h(); g();", 1, 0)


def test_what_two_fixes_do_alike_is_done_once() -> None:
    both = _put(0, 0, "let x;")
    found = (_finding(both, _put(2, 3, "d")), _finding(both, _put(4, 5, "e")))
    assert _applied("a;b;c;", *found) == ("let x;a;d;e;", 2, 0)


def test_what_a_fix_keeps_no_other_changes() -> None:
    kept = _put(0, 1, "a")
    found = (_finding(kept, _put(2, 3, "c")), _finding(_put(0, 1, "b")), _finding(kept, _put(4, 5, "d")))
    assert _applied("a;b;c;", *found) == ("a;c;d;", 2, 0)


def test_a_fix_is_made_whole_or_not_at_all() -> None:
    first = _finding(_put(0, 1, "h"))
    both = _finding(_put(0, 1, "i"), _put(5, 6, "i"))
    assert _applied("f(); g();", first, both) == ("h(); g();", 1, 0)


def test_a_fix_after_which_a_file_does_not_parse_is_left_out_and_the_others_are_made() -> None:
    breaks = _finding(_put(5, 6, "("))
    assert _applied("f(); g(); h();", _finding(_put(0, 1, "e")), breaks, _finding(_put(10, 11, "i"))) == (
        "e(); g(); i();", 2, 1,
    )  # fmt: skip


def test_a_fix_in_several_files_is_left_out_if_it_breaks_one_of_them() -> None:
    sources = {PATH: _source("f();"), "convex/b.py": _source("f()\n", "convex/b.py")}
    both = _finding(_put(0, 1, "g"), _put(0, 1, "(", "convex/b.py"))
    applied = apply_fixes(sources, [both])
    assert (applied.sources, applied.made, applied.broken) == ({}, [], [both])


def test_a_file_that_did_not_parse_before_need_not_parse_afterwards() -> None:
    text = "const = 1 +;\nf();\n"
    assert parse(_source(text)).errors
    at = text.index("f()")
    assert _applied(text, _finding(_put(at, at, "await "))) == ("const = 1 +;\nawait f();\n", 1, 0)


# --- rounds ------------------------------------------------------------------------------------------------


@dataclass
class _Found:
    findings: list[Finding]
    sources: Mapping[str, SourceFile]


class _Look:
    """Finds every `old` in a text, and says to write something else; counts how often it was asked."""

    def __init__(self, text: str, old: str, new: str, *, margin: int = 0, safe: bool = True) -> None:
        self.text, self.old, self.new, self.margin, self.safe = text, old, new, margin, safe
        self.times = 0

    def __call__(self, changed: Mapping[str, SourceFile]) -> _Found:
        self.times += 1
        source = changed.get(PATH) or _source(self.text)
        text, found, at = source.data.decode(), [], 0
        while (at := text.find(self.old, at)) >= 0:
            start, end = max(0, at - self.margin), at + len(self.old)
            found.append(_finding(_put(start, end, text[start:at] + self.new), safe=self.safe))
            at = end
        return _Found(found, {PATH: source})


def test_fixes_that_were_in_the_way_of_each_other_take_turns() -> None:
    look = _Look("aaa;", "a", "b", margin=1)
    fixing = fix_in_rounds(look)
    assert fixing.after[PATH].data == b"bbb;"
    assert fixing.before[PATH].data == b"aaa;"
    assert (len(fixing.made), fixing.settled, fixing.last.findings) == (3, True, [])


def test_nothing_to_fix_is_one_look() -> None:
    look = _Look("b;", "a", "b")
    fixing = fix_in_rounds(look)
    assert (look.times, fixing.after, fixing.made) == (1, {}, [])


def test_fixes_that_are_not_safe_must_be_asked_for() -> None:
    look = _Look("a;", "a", "b", safe=False)
    assert fix_in_rounds(look).after == {}
    assert fix_in_rounds(look, unsafe=True).after[PATH].data == b"b;"


def test_fixes_that_never_come_to_an_end_are_given_up() -> None:
    fixing = fix_in_rounds(_Look("a;", "a", "aa", margin=1))
    assert (fixing.settled, len(fixing.made)) == (False, len(fixing.made))
    assert len(fixing.made) >= MOST_ROUNDS
