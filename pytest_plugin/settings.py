"""Options of the command line, their twins in the ini file, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

__all__ = ["SETTINGS", "Settings", "add_options", "settle"]

_RANDOM = "random"
_OPTIONS = (
    ("seed", "N", "root seed of the simulations, or `random` (default: 0)"),
    (
        "seeds",
        "N",
        "run each test that uses convex with so many root seeds, from the root seed on (default: 1)",
    ),
    (
        "trace",
        "DIR",
        "write the traces of failing tests to this folder: JSON lines, and a timeline for Perfetto",
    ),
    ("shard", "I/N", "run only the I-th of N parts of the tests that use convex"),
)


class Settings(NamedTuple):
    """What a session goes by. `is_given` tells that the command line names the root seed."""

    seed: int
    is_given: bool
    seeds: int
    trace: Path | None
    checks_determinism: bool
    shard: tuple[int, int] | None


SETTINGS = pytest.StashKey[Settings]()


def add_options(parser: pytest.Parser) -> None:
    """Declare all options."""
    group = parser.getgroup("biconvex", "Convex backends, simulated")
    for name, value, words in _OPTIONS:
        group.addoption(f"--convex-{name}", default=None, metavar=value, help=words)
        parser.addini(f"convex_{name}", words, default="")
    words = "run each test that uses convex twice, and fail it where the two runs differ"
    group.addoption("--convex-check-determinism", action="store_true", default=False, help=words)
    parser.addini("convex_check_determinism", words, type="bool", default=False)
    parser.addini("convex_project", "the Convex project under test, relative to the ini file", default="")
    parser.addini(
        "convex_allow",
        'what "use node" modules may do besides reading their project: addons, child-process, worker, fs-read:PATH or '
        "fs-write:PATH, one a line",
        type="linelist",
        default=[],
    )


def settle(config: pytest.Config) -> Settings:
    """The settings of a session; raises `UsageError` for what makes no sense. A worker takes the controller's seed."""
    worker = getattr(config, "workerinput", None)
    trace = _value(config, "trace")
    return Settings(
        seed=_root_seed(config) if worker is None else worker["convex_seed"],
        is_given=config.getoption("--convex-seed") is not None,
        seeds=_at_least_one(config, "seeds"),
        trace=config.invocation_params.dir / trace if trace else None,
        checks_determinism=config.getoption("--convex-check-determinism")
        or config.getini("convex_check_determinism"),
        shard=_shard(config),
    )


def _value(config: pytest.Config, name: str) -> str:
    given = config.getoption(f"--convex-{name}")
    return str(config.getini(f"convex_{name}") if given is None else given).strip()


def _named(config: pytest.Config, name: str) -> str:
    """The option as it was written, for an error."""
    return f"convex_{name}" if config.getoption(f"--convex-{name}") is None else f"--convex-{name}"


def _root_seed(config: pytest.Config) -> int:
    text = _value(config, "seed")
    if text == _RANDOM:
        import secrets  # noqa: PLC0415 - only where it is used

        return secrets.randbelow(1 << 32)
    try:
        return int(text or 0)
    except ValueError:
        raise pytest.UsageError(f"{_named(config, 'seed')} must be an integer, not {text!r}") from None


def _at_least_one(config: pytest.Config, name: str) -> int:
    text = _value(config, name) or "1"
    if not text.isdecimal() or int(text) < 1:
        raise pytest.UsageError(f"{_named(config, name)} must be an integer from 1 on, not {text!r}")
    return int(text)


def _shard(config: pytest.Config) -> tuple[int, int] | None:
    text = _value(config, "shard")
    if not text:
        return None
    part, _, parts = text.partition("/")
    if not part.isdecimal() or not parts.isdecimal() or not 1 <= int(part) <= int(parts):
        raise pytest.UsageError(f"{_named(config, 'shard')} must be like 1/4, 2/4, … 4/4, not {text!r}")
    return int(part), int(parts)
