"""Thirty days of crons, jobs, requests, files and other people's services, twice: nothing differs (DESIGN: determinism)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from month_kit import PYTHON, TYPESCRIPT

KIT = Path(__file__).with_name("month_kit.py")


def month_elsewhere(backend: Path, *, hash_seed: str, order: str) -> subprocess.Popen[str]:
    """The month in a process of its own."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    command = [sys.executable, str(KIT), str(backend), order]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.timeout(
    600
)  # 9,390 cron runs, twice: seconds, and minutes on a machine that has much else to do
def test_a_month_is_the_same_in_any_process_with_any_hashes_and_any_order_of_files(
    language: str, written_backends: Callable[..., Path]
) -> None:
    backend = written_backends(language, TYPESCRIPT if language == "typescript" else PYTHON)
    first = month_elsewhere(backend, hash_seed="1", order="sorted")
    second = month_elsewhere(backend, hash_seed="4242", order="reversed")
    printed, errors = first.communicate()
    assert (first.returncode, errors) == (0, "")
    digest, events, _documents = printed.split()
    assert int(events) > 50_000
    assert second.communicate() == (printed, ""), digest
