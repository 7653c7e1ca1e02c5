"""The source of what Hypothesis draws while it fuzzes: the seed alone.

By itself Hypothesis mixes in constants that it finds in the modules that happen to be loaded, so that the same seed
would draw something else in another process.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

__all__ = ["BACKEND"]

BACKEND: Final = "biconvex"
"""The name of the source, for `settings(backend=…)`."""


class _SeedAlone(HypothesisProvider):
    def _maybe_draw_constant(self, *_args: Any, **_named: Any) -> None:
        return None


AVAILABLE_PROVIDERS[BACKEND] = _SeedAlone
