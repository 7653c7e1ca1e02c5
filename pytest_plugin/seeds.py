"""Which seeds a test runs with: its own, derived from a root seed and its id, and those that it failed with before."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import pytest
from biconvex.pytest_plugin.settings import SETTINGS

__all__ = ["FIXTURES", "ROUND", "KeptSeeds", "derive_seed", "plain_id", "root_seed", "rounds", "uses_convex"]

FIXTURES = frozenset({"convex", "convex_factory"})
ROUND = "_convex_root_seed"
"""The fixture by which a test that runs for several root seeds gets one of them."""

_CACHE_KEY = "biconvex/failing_seeds"
_VERSION = 1
_MOST_KEPT = 10


def derive_seed(root_seed: int, test_id: str) -> int:
    """The seed of one test: it depends on the root seed and the test's id, and on nothing else."""
    return int.from_bytes(blake2b(f"{root_seed}\0{test_id}".encode(), digest_size=6).digest(), "big")


def uses_convex(item: pytest.Item) -> bool:
    """Whether a test gets a deployment from a fixture."""
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def round_id(seed: int) -> str:
    """What a root seed is called in the id of a test that runs for several."""
    return f"convex-seed={seed}"


def root_seed(item: pytest.Item) -> int:
    """The root seed of a test."""
    callspec = getattr(item, "callspec", None)
    own: int = item.config.stash[SETTINGS].seed
    return own if callspec is None else callspec.params.get(ROUND, own)


def plain_id(item: pytest.Item) -> str:
    """The id that a test has when it runs for one root seed."""
    own = round_id(root_seed(item))
    node_id = item.nodeid
    for shown, plain in ((f"[{own}]", ""), (f"[{own}-", "["), (f"-{own}]", "]"), (f"-{own}-", "-")):
        node_id = node_id.replace(shown, plain)
    return node_id


def rounds(config: pytest.Config, function_id: str) -> list[int]:
    """The root seeds that a test function runs for: those that it failed with first."""
    settings = config.stash[SETTINGS]
    kept = [] if settings.is_given else kept_seeds(config)[0].get(function_id, [])
    return list(dict.fromkeys([*kept, *range(settings.seed, settings.seed + settings.seeds)]))


def kept_seeds(config: pytest.Config) -> tuple[dict[str, list[int]], str | None]:
    """The root seeds that test functions failed with, by id, and what is wrong with the file that has them."""
    cache = getattr(config, "cache", None)
    found: Any = None if cache is None else cache.get(_CACHE_KEY, None)
    if found is None:
        return {}, None
    version = found.get("version") if isinstance(found, dict) else None
    if version != _VERSION:
        return (
            {},
            f"the failing seeds kept are of version {version}, not {_VERSION}: left alone until a test fails",
        )
    seeds: dict[str, list[int]] = found["seeds"]
    return seeds, None


class KeptSeeds:
    """Keeps the root seeds that tests fail with, until they pass. In the controller only, where there are workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._heard: dict[tuple[str, int], bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test with a deployment ended."""
        known = getattr(report, "convex", None)
        if known is not None and not report.skipped:
            key = (known["function"], known["root_seed"])
            self._heard[key] = self._heard.get(key, False) or report.failed

    def pytest_sessionfinish(self) -> None:
        """Write what has changed."""
        cache = getattr(self._config, "cache", None)
        if cache is None or not self._heard:
            return
        before, _ = kept_seeds(self._config)
        after = {function: list(seeds) for function, seeds in before.items()}
        for (function, seed), failed in self._heard.items():
            seeds = [known for known in after.get(function, []) if known != seed]
            after[function] = [seed, *seeds][:_MOST_KEPT] if failed else seeds
        after = {function: seeds for function, seeds in after.items() if seeds}
        if after != before:
            cache.set(_CACHE_KEY, {"version": _VERSION, "seeds": after})
