"""Results of campaigns as files: JSON lines that can be added to, read again, and merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.values import UsageError

if TYPE_CHECKING:
    from biconvex.sim.explore.tasks import Task

__all__ = ["RESULTS_VERSION", "Results", "SeedOutcome", "merged", "read_results", "write_results"]

RESULTS_VERSION: Final = 1
_FORMAT: Final = "biconvex-campaign"


class SeedOutcome(msgspec.Struct, frozen=True):
    """How a seed came out: whether it `failed`, with which `headline`, and the task's own result."""

    seed: int
    failed: bool
    headline: str = ""
    result: Any = None


class _Header(msgspec.Struct, frozen=True):
    format: str
    version: int
    task: dict[str, Any]


class Results:
    """A file that outcomes are added to; with no file they are kept nowhere. A context manager."""

    def __init__(self, file: Path | None, task: Task) -> None:
        """Raises `UsageError` for a file that isn't one of results, or of another task or version."""
        self._file = file
        self._task: dict[str, Any] = msgspec.to_builtins(task)
        self._open: IO[bytes] | None = None
        self.known: dict[int, SeedOutcome] = {}
        if file is not None and file.exists() and file.stat().st_size:
            described, self.known = read_results(file)
            if described != self._task:
                raise UsageError(f"{file} has the results of another campaign: {_shown(described)}")

    def __enter__(self) -> Results:
        if self._file is not None:
            # What was being written when a campaign was killed is left out.
            write_results(self._file, self._task, self.known.values())
            self._open = self._file.open("ab")
        return self

    def add(self, outcome: SeedOutcome) -> None:
        """Add an outcome; it is in the file when this returns."""
        if self._open is not None:
            self._open.write(msgspec.json.encode(outcome) + b"\n")
            self._open.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is not None:
            self._open.close()


def read_results(file: Path) -> tuple[dict[str, Any], dict[int, SeedOutcome]]:
    """The task of a file of results, and its outcomes by seed; a last line that is cut off is left out.

    Raises `UsageError` for any other file, and for one of another version.
    """
    try:
        first, *lines = file.read_bytes().splitlines(keepends=True) or [b""]
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}") from None
    try:
        header = msgspec.json.decode(first, type=_Header)
    except msgspec.DecodeError:
        header = None
    if header is None or header.format != _FORMAT:
        raise UsageError(f"{file} has no results of a campaign")
    if header.version != RESULTS_VERSION:
        raise UsageError(
            f"{file} has version {header.version} of the format of results, and this Biconvex reads {RESULTS_VERSION}"
        )
    try:
        whole = [msgspec.json.decode(line, type=SeedOutcome) for line in lines if line.endswith(b"\n")]
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is damaged: {error}") from None
    return header.task, {outcome.seed: outcome for outcome in whole}


def write_results(file: Path, task: dict[str, Any], outcomes: Iterable[SeedOutcome]) -> None:
    """Write a file of results, in place of what is there."""
    lines = [msgspec.json.encode(_Header(_FORMAT, RESULTS_VERSION, task))]
    lines += map(msgspec.json.encode, sorted(outcomes, key=lambda outcome: outcome.seed))
    file.write_bytes(b"".join(line + b"\n" for line in lines))


def merged(files: Sequence[Path]) -> tuple[dict[str, Any], list[SeedOutcome]]:
    """The outcomes of several files of one campaign, in the order of their seeds.

    Raises `UsageError` where they are of several campaigns, or have different results for one seed.
    """
    task: dict[str, Any] | None = None
    outcomes: dict[int, SeedOutcome] = {}
    for file in files:
        described, found = read_results(file)
        if task is not None and described != task:
            raise UsageError(
                f"{file} has the results of another campaign than {files[0]}: {_shown(described)}"
            )
        task = described
        for seed, outcome in found.items():
            if outcomes.setdefault(seed, outcome) != outcome:
                raise UsageError(f"{file} has another result for seed {seed} than the files before it")
    return task or {}, [outcomes[seed] for seed in sorted(outcomes)]


def _shown(task: dict[str, Any]) -> str:
    return msgspec.json.encode(task).decode()
