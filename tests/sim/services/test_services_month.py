"""Thirty days of crons, jobs, requests, files and other people's services, twice: nothing differs (DESIGN: determinism)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from month_kit import PYTHON, TYPESCRIPT, run_month

KIT = Path(__file__).with_name("month_kit.py")


def month_elsewhere(backend: Path, *, hash_seed: str, order: str) -> list[str]:
    """The month in a process of its own."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    command = [sys.executable, str(KIT), str(backend), order]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_month_is_the_same_in_any_process_with_any_hashes_and_any_order_of_files(
    language: str, written_backends: Callable[..., Path]
) -> None:
    backend = written_backends(language, TYPESCRIPT if language == "typescript" else PYTHON)
    first = month_elsewhere(backend, hash_seed="1", order="sorted")
    assert int(first[1]) > 50_000
    assert month_elsewhere(backend, hash_seed="4242", order="reversed") == first
    assert run_month(str(backend), seed=12)[0] != first[0]
