"""The shop's backend, in the language under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from actions_kit import CHARGES, ENVIRONMENT, LANGUAGES, MODEL, Charges, model
from biconvex.sim import Deployment


@pytest.fixture
def charges() -> Charges:
    return Charges()


@pytest.fixture(params=LANGUAGES)
def deploy(request: pytest.FixtureRequest, charges: Charges) -> Iterator[Callable[..., Deployment]]:
    """Makes deployments, and closes them."""
    with ExitStack() as made:

        def deploy(**options: Any) -> Deployment:
            options = {"seed": 2026, "env": ENVIRONMENT} | options
            convex = made.enter_context(Deployment(LANGUAGES[request.param], **options))
            convex.outbound.on("POST", MODEL, model)
            convex.outbound.on("POST", CHARGES, charges)
            return convex

        yield deploy


@pytest.fixture
def convex(deploy: Callable[..., Deployment]) -> Deployment:
    return deploy()
