"""From what was known of a backend before an edit to what is found in it after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import analysis
from biconvex.lint.renewal.move import Move, moved
from biconvex.lint.renewal.portion import portion_of
from biconvex.lint.renewal.surroundings import imports_of, surroundings, told
from biconvex.lint.rule import Rule, finding_of
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from biconvex.lint.finding import Finding
    from biconvex.lint.model import Backend
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.project import BackendFolder
    from biconvex.lint.renewal.known import Known
    from biconvex.lint.renewal.portion import Portion

__all__ = ["renewed"]

_LARGEST_SHARE = 0.4
"""Analysing a part twice pays as long as the part is less than half of the whole."""


class _View(msgspec.Struct, frozen=True):
    """What a part of a backend looks like: by its findings, and by what it hands to others."""

    found: list[Finding]
    handed: object
    outlooks: list[object]


class _Unclear(Exception):
    """What an edit changes, and what it doesn't, can't be told from its surroundings."""


def renewed(
    known: Known,
    before: Sequence[ParsedFile],
    folder: BackendFolder,
    files: Sequence[ParsedFile],
    clients: Sequence[ParsedFile],
    rules: Sequence[Rule],
) -> Known | None:
    """Give what is known of a backend after edits of some of its files; None if all of it must be analysed.

    `before` has those files as they were when the rest was found out; `files` and `clients` are all that there are,
    as they are now.
    """
    try:
        return _renewed(known, before, folder, files, clients, rules)
    except _Unclear:
        return None


def _renewed(
    known: Known,
    before: Sequence[ParsedFile],
    folder: BackendFolder,
    files: Sequence[ParsedFile],
    clients: Sequence[ParsedFile],
    rules: Sequence[Rule],
) -> Known:
    old = {parsed.source.path: parsed for parsed in before}
    portion = portion_of(old, known.links, known.shared)
    _check(_can_do(rules) and _is_small(portion, known, [*files, *clients]))
    moves = {
        parsed.source.path: _move(old[parsed.source.path], parsed)
        for parsed in (*files, *clients)
        if parsed.source.path in old
    }

    were = [old.get(parsed.source.path, parsed) for parsed in files]
    called = [old.get(parsed.source.path, parsed) for parsed in clients]
    first = analysis.build(folder, were, called, portion.files)
    was = _view(first, portion, rules, moves)
    linked = {rule.name for rule in rules if rule.scope == "linked"}
    here = (each for each in known.findings if each.rule in linked and each.path in portion.above)
    _check(Counter(here) == Counter(each for each in was.found if each.path in portion.above))

    second = analysis.build(folder, files, clients, portion.files)
    now = _view(second, portion, rules, {})
    _check(first.links == second.links and not portion.files & (first.entangled | second.entangled))
    _check((was.handed, was.outlooks) == (now.handed, now.outlooks))
    _check(_below(was, portion, moves) == _below(now, portion, {}))
    kept = [each for each in known.findings if each.rule not in linked or each.path not in portion.above]
    functions = [path for path in known.functions if path not in portion.above]
    again = (function.place.source.path for function in second.functions)
    functions += (path for path in again if path in portion.above)
    return replace(
        known,
        findings=(*_all_moved(kept, moves), *(each for each in now.found if each.path in portion.above)),
        functions=tuple(functions),
    )


def _check(holds: bool) -> None:
    if not holds:
        raise _Unclear


def _can_do(rules: Sequence[Rule]) -> bool:
    """Tell whether every rule says what it depends on."""
    return all(rule.scope == "linked" or type(rule).outlook is not Rule.outlook for rule in rules)


def _is_small(portion: Portion, known: Known, files: Sequence[ParsedFile]) -> bool:
    """Tell whether a part of a backend can be looked at by itself, and whether that pays."""
    if portion.above & {*known.shared} or portion.files & known.entangled:
        return False
    whole = sum(len(parsed.source.data) for parsed in files)
    part = sum(len(parsed.source.data) for parsed in files if parsed.source.path in portion.files)
    return part <= whole * _LARGEST_SHARE


def _move(old: ParsedFile, new: ParsedFile) -> Move:
    """Give what an edit did to a file. It must leave its imports as they are: they say what it depends on."""
    _check(not old.errors and not new.errors and imports_of(old.module) == imports_of(new.module))
    return Move.between(old.source.data, new.source.data)


def _view(backend: Backend, portion: Portion, rules: Sequence[Rule], moves: Mapping[str, Move]) -> _View:
    found: list[Finding] = []
    outlooks: list[object] = []
    for rule in rules:
        try:
            if rule.scope == "linked":
                found += (finding_of(rule, problem) for problem in rule.check(backend))
            else:
                outlooks.append(told(rule.outlook(backend), backend, moves))
        except Exception as error:
            raise _Unclear from error
    handed = surroundings(backend, portion.above, moves)
    _check(handed is not None)
    return _View(found, handed, outlooks)


def _below(view: _View, portion: Portion, moves: Mapping[str, Move]) -> list[Finding]:
    return _all_moved([each for each in view.found if each.path not in portion.above], moves)


def _all_moved(findings: Sequence[Finding], moves: Mapping[str, Move]) -> list[Finding]:
    after = [moved(finding, moves) for finding in findings]
    _check(None not in after)
    return [finding for finding in after if finding is not None]
