"""What a rule is: a name, its cases, and a check over the backend model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from biconvex.lint.finding import Severity
    from biconvex.lint.model import Backend, Place

__all__ = ["Case", "Problem", "Rule"]


@dataclass(frozen=True, slots=True)
class Case:
    """One example, in both languages: what a rule must flag, or must not.

    Each language is the text of one file (`tasks.ts`, `tasks.py`) or a mapping from path to text (paths below
    the functions folder, such as `schema.ts`). In a flagged case the place is marked in the source: `«` and `»` stand
    around exactly what the finding must span; they are taken out before the case is linted.
    """

    name: str
    typescript: str | Mapping[str, str]
    python: str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check yields; the engine adds rule, severity and path to make a `Finding`.

    `severity` is None where the rule's own severity holds.
    """

    place: Place
    message: str
    help: str | None = None
    evidence: tuple[tuple[Place, str], ...] = field(default=())
    severity: Severity | None = None


class Rule(ABC):
    """A guideline. Its module's docstring is its documentation, under fixed headings."""

    name: ClassVar[str]
    theme: ClassVar[str]
    severity: ClassVar[Severity]
    links: ClassVar[tuple[str, ...]]
    silent: ClassVar[tuple[Case, ...]]
    flagged: ClassVar[tuple[Case, ...]]

    @abstractmethod
    def check(self, backend: Backend) -> Iterable[Problem]:
        """Yield every problem in a backend. Where the model is unsure, yield nothing."""
