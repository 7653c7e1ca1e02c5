"""What was found in a backend, kept from run to run: nothing is analysed twice while nothing changes.

An answer is given again only when everything that it came of is the same: the content and path of every file of the
backend, those outside that it imports and those of clients; the aliases, the version of Convex and whatever else is
known of the folder; the rules with their options; and the code of the analysis and the rules. What comes after,
such as suppressions, severities and the baseline, is worked out anew. Answers of rules from other packs are not kept,
for nobody knows what else those look at.
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
from biconvex.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.project import BackendFolder
    from biconvex.lint.rule import Rule

__all__ = ["Answer", "Answers", "open_answers"]

_RULES = "biconvex.rules"


class Answer(msgspec.Struct, frozen=True):
    """What came of a backend: its findings, and the path of the file of each registered function."""

    findings: tuple[Finding, ...]
    functions: tuple[str, ...]


def open_answers(cwd: Path) -> Answers | None:
    """Give the answers of the project that the working directory is in, as `cache_folder` has it."""
    folder = cache_folder(cwd)
    return Answers(folder) if folder is not None else None


class Answers:
    """The answers in a cache folder, one for each backend. `hits` counts those that were given again."""

    def __init__(self, folder: Path) -> None:
        self._entries = Entries(folder / "found")
        self.hits = 0

    def key(
        self,
        folder: BackendFolder,
        files: Sequence[ParsedFile],
        clients: Sequence[ParsedFile],
        rules: Sequence[Rule],
        cwd: Path,
    ) -> bytes | None:
        """Name all that an answer comes of; None if that can't be told."""
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
                    [_identity(file) for file in files],
                    [_identity(file) for file in clients],
                    _aliases_of(clients, cwd),
                ),
                order="deterministic",
            )
        except (TypeError, NotImplementedError):
            return None  # options that have no plain form
        return digest(_code_stamp(packs) + said)

    def take(self, folder: BackendFolder, key: bytes) -> Answer | None:
        """Give the answer again; None if there is none for this key."""
        body = self._entries.take(folder.shown, key)
        if body is None:
            return None
        try:
            answer = msgspec.msgpack.decode(body, type=Answer)
        except msgspec.DecodeError:
            return None  # written by somebody else: what it says counts for nothing
        self.hits += 1
        return answer

    def keep(self, folder: BackendFolder, key: bytes, answer: Answer) -> None:
        """Keep an answer, unless something went wrong on our side: that is worth another look."""
        if not any(finding.rule == "internal-error" for finding in answer.findings):
            self._entries.keep(folder.shown, key, msgspec.msgpack.encode(answer))


def _identity(file: ParsedFile) -> tuple[str, str, str]:
    return file.source.path, file.source.language, digest(file.source.data).hex()


def _aliases_of(clients: Iterable[ParsedFile], cwd: Path) -> list[tuple[str, Aliases]]:
    """Read the path aliases that hold where a client imports generated code by one: they say whose it is."""
    folders = sorted({(cwd / file.source.path).parent for file in clients if _imports_by_alias(file)})
    return [(folder.as_posix(), read_aliases(folder)) for folder in folders]


def _imports_by_alias(file: ParsedFile) -> bool:
    return any(
        isinstance(node, syntax.Import)
        and "_generated/api" in node.source
        and not node.source.startswith(".")
        for node in file.module.body
    )


def _code_stamp(packs: Iterable[str]) -> bytes:
    """Name the code that answers: another version may find something else."""
    folders = [str(Path(__file__).parent), *(path for pack in packs for path in sys.modules[pack].__path__)]
    files = [Path(top) / name for folder in folders for top, _, names in os.walk(folder) for name in names]
    return front_end_stamp() + stamp(sorted(file for file in files if file.suffix == ".py"))
