"""What a rule is: a name, its cases, and a check over the backend model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from biconvex.lint.finding import Evidence, Finding, Severity

if TYPE_CHECKING:
    from biconvex.lint.finding import Fix
    from biconvex.lint.model import Backend, Place
    from biconvex.lint.source import Language

__all__ = ["PRESETS", "Case", "Fixed", "NoOptions", "Preset", "Problem", "Rule", "finding_of"]

Preset = Literal["starter", "recommended", "strict"]

PRESETS: Mapping[Severity, frozenset[Preset]] = {
    Severity.ERROR: frozenset({"starter", "recommended", "strict"}),
    Severity.WARNING: frozenset({"recommended", "strict"}),
    Severity.INFO: frozenset({"strict"}),
}
"""The presets that a rule of each severity is in, unless its class says otherwise."""


class Fixed(msgspec.Struct, frozen=True):
    """The files of a case after all of its fixes, as in `Case`; None in a language in which nothing is fixed.

    Files that stay as they are may be left out.
    """

    typescript: str | Mapping[str, str] | None = None
    python: str | Mapping[str, str] | None = None


class Case(msgspec.Struct, frozen=True):
    """One example, in both languages: what a rule must flag, or must not.

    Each language is the text of one file (`tasks.ts`, `tasks.py`) or a mapping from path to text (paths below
    the functions folder, such as `schema.ts`). In a flagged case the place is marked in the source: `«` and `»` stand
    around exactly what the finding must span; they are taken out before the case is linted. `fixed` is what all
    fixes, the unsafe ones too, make of it; it must be given where the rule offers any. `options` has the rule's
    options for this case where they are not the default ones. A language that the rule doesn't have is empty.
    """

    name: str
    typescript: str | Mapping[str, str] = ""
    python: str | Mapping[str, str] = ""
    fixed: Fixed | None = None
    options: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Problem(msgspec.Struct, frozen=True):
    """What a check yields; the engine adds rule, severity and path to make a `Finding`.

    `severity` is None where the rule's own severity holds. `fix` has edits made with `biconvex.lint.fixes`.
    Problems of one `topic` are the same mistake in many places, such as calls of the one function that should be
    internal: outside of the preset `strict` they are reported as one (`biconvex.lint.folding`).
    """

    place: Place
    message: str
    help: str | None = None
    evidence: tuple[tuple[Place, str], ...] = ()
    severity: Severity | None = None
    fix: Fix | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a rule that has none."""


class Rule(ABC):
    """A guideline. Its module's docstring is its documentation, under fixed headings.

    `presets` says in which presets the rule is; without it, its severity decides (`PRESETS`), and an empty set
    is for rules that must be asked for by name. `fixable` is `safe` if some of its fixes are, `unsafe` if it
    only has others. `Options` is a frozen dataclass with a default for every field, whose types pydantic
    understands; the configuration's `[rules.<name>]` is validated by it, and a check finds it as
    `self.options`. `languages` are those in which the mistake can be made. `scope` says what findings depend on:
    `linked` if those in a file depend on nothing but that file, those that lead to it or that it leads to by imports
    and function references, the schema, the configuration of app and authentication, and what is known of the folder
    as a whole. Then an edit need not be looked at in the light of the whole backend.
    """

    name: ClassVar[str]
    theme: ClassVar[str]
    severity: ClassVar[Severity]
    links: ClassVar[tuple[str, ...]]
    silent: ClassVar[tuple[Case, ...]]
    flagged: ClassVar[tuple[Case, ...]]
    presets: ClassVar[frozenset[Preset]]
    languages: ClassVar[tuple[Language, ...]] = ("typescript", "python")
    fixable: ClassVar[Literal["never", "safe", "unsafe"]] = "never"
    scope: ClassVar[Literal["linked", "backend"]] = "backend"
    Options: ClassVar[type[Any]] = NoOptions
    options: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "severity" in vars(cls) and "presets" not in vars(cls):
            cls.presets = PRESETS.get(cls.severity, frozenset())

    def __init__(self, options: Any = None) -> None:
        """Make the rule with options of its own `Options`, by default the default ones."""
        self.options = self.Options() if options is None else options

    @abstractmethod
    def check(self, backend: Backend) -> Iterable[Problem]:
        """Yield every problem in a backend. Where the model is unsure, yield nothing."""

    def outlook(self, backend: Backend) -> object:
        """Give all that findings of this rule depend on, of a part of a backend: plain values, facts and places.

        For a rule whose scope is the whole backend. If an edit leaves this as it was, but for places that move with
        the text, so it leaves what the rule finds anywhere. Without it, the rule is asked again after every edit.
        """
        raise NotImplementedError


def finding_of(rule: Rule, problem: Problem) -> Finding:
    """Make the finding for a problem that a rule yields."""
    source = problem.place.source
    begin, end = source.position(problem.place.start), source.position(problem.place.end)
    return Finding(
        path=source.path,
        line=begin.line,
        column=begin.column,
        end_line=end.line,
        end_column=end.column,
        rule=rule.name,
        severity=problem.severity or rule.severity,
        message=problem.message,
        help=problem.help,
        evidence=tuple(_evidence(place, message) for place, message in problem.evidence),
        fix=problem.fix,
        topic=problem.topic,
    )


def _evidence(place: Place, message: str) -> Evidence:
    position = place.source.position(place.start)
    return Evidence(place.source.path, position.line, position.column, message)
