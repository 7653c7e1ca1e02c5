"""What was found in a backend, kept from run to run: nothing is analysed twice while nothing changes.

An answer is given again only when everything that it came of is the same: the content and path of every file of the
backend, those outside that it imports and those of clients; the aliases, the version of Convex and whatever else is
known of the folder; the rules with their options; and the code of the analysis and the rules. What comes after,
such as suppressions, severities and the baseline, is worked out anew. Answers of rules from other packs are not kept,
for nobody knows what else those look at. When nothing but the content of a few files is new, an answer can often be
renewed (`biconvex.lint.renewal`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import syntax
from biconvex.lint.aliases import Aliases, read_aliases
from biconvex.lint.cache import cache_folder, front_end_stamp
from biconvex.lint.entries import Entries, digest, stamp
from biconvex.lint.renewal import MOST_CHANGED, Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.project import BackendFolder
    from biconvex.lint.rule import Rule

__all__ = ["Answer", "Answers", "Question", "open_answers"]

_RULES = "biconvex.rules"


class Answer(msgspec.Struct, frozen=True):
    """What is known of a backend, and the digest of the content of each file that it came of, by path."""

    contents: dict[str, bytes]
    known: Known


def open_answers(cwd: Path) -> Answers | None:
    """Give the answers of the project that the working directory is in, as `cache_folder` has it."""
    folder = cache_folder(cwd)
    return Answers(folder) if folder is not None else None


class Answers:
    """The answers in a cache folder, one for each backend. Counts `hits`, those given again, and `renewals`."""

    def __init__(self, folder: Path) -> None:
        self.entries = Entries(folder / "found")
        self.hits = 0
        self.renewals = 0

    def about(
        self,
        folder: BackendFolder,
        files: Sequence[ParsedFile],
        clients: Sequence[ParsedFile],
        rules: Sequence[Rule],
        cwd: Path,
    ) -> Question | None:
        """Ask what is known of a backend; None if all that an answer comes of can't be told."""
        packs = {".".join(type(rule).__module__.split(".")[:2]) for rule in rules}
        if not packs <= {_RULES}:
            return None
        try:
            said = msgspec.json.encode(
                (
                    [(rule.name, rule.options) for rule in rules],
                    [
                        folder.root.as_posix(),
                        folder.shown,
                        folder.kind,
                        folder.aliases,
                        folder.convex_version,
                        None if folder.generated is None else sorted(folder.generated),
                    ],
                    [path.as_posix() for path in folder.files],
                    [(file.source.path, file.source.language) for file in files],
                    [(file.source.path, file.source.language) for file in clients],
                    _aliases_of(clients, cwd),
                ),
                order="deterministic",
            )
        except (TypeError, NotImplementedError):
            return None  # options that have no plain form
        return Question(self, digest(_code_stamp(packs) + said), folder, files, clients, rules)


class Question:
    """What is to be known of a backend as it is now."""

    def __init__(
        self,
        answers: Answers,
        key: bytes,
        folder: BackendFolder,
        files: Sequence[ParsedFile],
        clients: Sequence[ParsedFile],
        rules: Sequence[Rule],
    ) -> None:
        self._answers = answers
        self._key = key
        self._folder, self._files, self._clients, self._rules = folder, files, clients, rules
        self._contents = {file.source.path: digest(file.source.data) for file in (*files, *clients)}

    def known(self, before: Callable[[str], ParsedFile | None]) -> Known | None:
        """Give what is known; None if the backend must be analysed. `before` gives a file before it changed."""
        answer = self._taken()
        if answer is None:
            return None
        if answer.contents == self._contents:
            self._answers.hits += 1
            return answer.known
        known = self._renewed(answer, before)
        if known is not None:
            self._answers.renewals += 1
            self.keep(known)
        return known

    def keep(self, known: Known) -> None:
        """Keep what was found, unless something went wrong on our side: that is worth another look."""
        if not any(finding.rule == "internal-error" for finding in known.findings):
            answer = msgspec.msgpack.encode(Answer(self._contents, known))
            self._answers.entries.keep(self._folder.shown, self._key, answer)

    def _taken(self) -> Answer | None:
        body = self._answers.entries.take(self._folder.shown, self._key)
        try:
            return msgspec.msgpack.decode(body, type=Answer) if body is not None else None
        except msgspec.DecodeError:
            return None  # written by somebody else: what it says counts for nothing

    def _renewed(self, answer: Answer, before: Callable[[str], ParsedFile | None]) -> Known | None:
        contents = answer.contents
        changed = [path for path, content in self._contents.items() if content != contents.get(path)]
        if len(changed) > MOST_CHANGED or contents.keys() != self._contents.keys():
            return None
        old = [before(path) for path in changed]
        were = [file for file in old if file and digest(file.source.data) == contents[file.source.path]]
        if len(were) < len(changed):
            return None  # there was another run in between, with other rules
        from biconvex.lint.renewal.renew import renewed  # noqa: PLC0415 - seldom wanted

        return renewed(answer.known, were, self._folder, self._files, self._clients, self._rules)


def _aliases_of(clients: Iterable[ParsedFile], cwd: Path) -> list[tuple[str, Aliases]]:
    """Read the path aliases that hold where a client imports generated code by one: they say whose it is."""
    folders = sorted({(cwd / file.source.path).parent for file in clients if _imports_by_alias(file)})
    return [(folder.as_posix(), read_aliases(folder)) for folder in folders]


def _imports_by_alias(file: ParsedFile) -> bool:
    return any(
        isinstance(node, syntax.Import)
        and "_generated/api" in node.source
        and not node.source.startswith(".")
        for node in file.imports
    )


def _code_stamp(packs: Iterable[str]) -> bytes:
    """Name the code that answers: another version may find something else."""
    folders = [str(Path(__file__).parent), *(path for pack in packs for path in sys.modules[pack].__path__)]
    files = [Path(top) / name for folder in folders for top, _, names in os.walk(folder) for name in names]
    return front_end_stamp() + stamp(sorted(file for file in files if file.suffix == ".py"))
