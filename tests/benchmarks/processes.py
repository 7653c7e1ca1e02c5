"""What a command costs: time on the wall, time of the processors, and memory, its child processes included."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

PROC = Path("/proc")
LOOK_EVERY_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Cost:
    """One run of a command. `peak_mib` is None where the system doesn't tell (there is no /proc)."""

    wall_s: float
    cpu_s: float
    peak_mib: float | None
    output: str


class CommandFailedError(Exception):
    """A command under measurement ended with an exit code that doesn't count as success."""


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            # the second field is the command in parentheses, which may hold any character
            parent = int(status[status.rindex(")") + 2 :].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    return children


def _resident_pages(process: int) -> int:
    try:
        return int((PROC / str(process) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _resident_mib(root: int) -> float:
    """The resident memory of a process and all below it, now; what they share counts once for each."""
    children = _children()
    pages, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        pages += _resident_pages(process)
        waiting += children.get(process, [])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cost_of(command: Sequence[str | Path], cwd: Path, success: Container[int] = (0,)) -> Cost:
    """Run a command to its end, and say what that cost. Raises `CommandFailedError` with its output."""
    with tempfile.TemporaryFile() as output:
        began = perf_counter()
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=subprocess.STDOUT)
        peak = 0.0
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        while not ended:
            if PROC.is_dir():
                peak = max(peak, _resident_mib(process.pid))
            sleep(LOOK_EVERY_SECONDS)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", errors="replace")
    if process.returncode not in success:
        words = " ".join(map(str, command))
        raise CommandFailedError(f"exit code {process.returncode} of: {words}\n{text}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak or None, text)
