"""The backend of documents, in the language under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from biconvex.sim import Caller, Deployment
from documents_kit import ENVIRONMENT, FEED, LANGUAGES, MODEL, Feed, model


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def deploy(language: str, feed: Feed) -> Iterator[Callable[..., Deployment]]:
    """Makes deployments, and closes them."""
    with ExitStack() as made:

        def deploy(**options: Any) -> Deployment:
            options = {"seed": 2026, "env": ENVIRONMENT, "cron_splay": False} | options
            convex = made.enter_context(Deployment(LANGUAGES[language], **options))
            convex.outbound.on("POST", MODEL, model)
            convex.outbound.on("GET", FEED, feed)
            return convex

        yield deploy


@pytest.fixture
def convex(deploy: Callable[..., Deployment]) -> Deployment:
    return deploy()


@pytest.fixture
def ada(convex: Deployment) -> Caller:
    return convex.as_user(subject="ada")


@pytest.fixture
def bob(convex: Deployment) -> Caller:
    return convex.as_user(subject="bob")
