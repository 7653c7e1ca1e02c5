"""The same backend, seed and calls give the same run: in another process, with another hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHAT = Path(__file__).parents[3] / "examples" / "chat"
PROGRAM = """
import sys
from biconvex.sim import Deployment, Reply

with Deployment(sys.argv[1], seed=int(sys.argv[2])) as convex:
    convex.outbound.on(
        "POST",
        "https://llm.example.com/v1/chat",
        lambda request: Reply(json={"choices": [{"message": {"content": "yes"}}]}, latency_ms=300),
    )
    ada = convex.mutation("people:join", {"name": "Ada"})
    channel = convex.mutation("channels:open", {"name": "general", "topic": "everything"})
    convex.as_admin().mutation("cleanup:sweep")
    for hour in range(12):
        convex.mutation("messages:send", {"authorId": ada, "channelId": channel, "content": str(hour)})
        convex.advance(minutes=30)
    print(convex.trace.digest)
"""


def digest(folder: Path, seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(seed)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("folder", ["convex", "python"])
def test_two_processes_with_different_hash_seeds_agree_on_every_event(folder: str) -> None:
    first = digest(CHAT / folder, 7, "1")
    assert len(first) == 32
    assert first == digest(CHAT / folder, 7, "4242")


def test_another_seed_gives_another_run() -> None:
    assert digest(CHAT / "python", 7, "1") != digest(CHAT / "python", 8, "1")
