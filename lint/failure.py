"""When Biconvex itself fails on somebody's code: the finding that says so, as near to the place as it can."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from biconvex.lint.finding import Finding, Severity
from biconvex.lint.model import Place
from msgspec.structs import replace

if TYPE_CHECKING:
    from types import TracebackType

    from biconvex.lint.model import Backend
    from biconvex.lint.rule import Rule

__all__ = ["analysis_failed", "fix_failed", "parser_failed", "rule_failed"]

_HELP = "please report this line with the code at this place; the rest of the backend was linted"


def rule_failed(rule: Rule, backend: Backend, error: Exception) -> Finding:
    """Make the finding for a rule that raised, at the code it was looking at, or else at the first file."""
    place = _looked_at(error.__traceback__)
    if place is None:
        modules = list(backend.modules.values())
        path = modules[0].source.path if modules else backend.root
        return _internal_error(f"rule {rule.name}", error, path, 1, 1)
    position = place.source.position(place.start)
    return _internal_error(f"rule {rule.name}", error, place.source.path, position.line, position.column)


def parser_failed(path: str, error: Exception) -> Finding:
    """Make the finding for a file on which a front end raised."""
    return _internal_error("the parser", error, path, 1, 1)


def analysis_failed(root: str, error: Exception) -> Finding:
    """Make the finding for a backend on which the analysis raised; none of the rules could run on it."""
    return _internal_error("the analysis", error, root, 1, 1)


def fix_failed(finding: Finding) -> Finding:
    """Make the finding for a fix that was not made, because the file could not be read afterwards."""
    message = (
        f"Internal error in the fix of {finding.rule}, please report: with it, this file would not parse."
    )
    help_ = "please report this line with the code at this place; the fix was not made"
    return replace(
        finding,
        rule="internal-error",
        severity=Severity.ERROR,
        message=message,
        help=help_,
        evidence=(),
        fix=None,
    )


def _internal_error(who: str, error: Exception, path: str, line: int, column: int) -> Finding:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    where = f"{frame.filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.lineno}"
    message = f"Internal error in {who}, please report: {what} ({where})"
    return Finding(path, line, column, line, column + 1, "internal-error", Severity.ERROR, message, _HELP)


def _looked_at(trace: TracebackType | None) -> Place | None:
    """Find the part of the model that the innermost frame had in hand last."""
    place = None
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            candidate = value if isinstance(value, Place) else getattr(value, "place", None)
            if isinstance(candidate, Place):
                place = candidate
        trace = trace.tb_next
    return place
