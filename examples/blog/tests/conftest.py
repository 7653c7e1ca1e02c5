"""The backend under test, once in each language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from biconvex.sim import Deployment
from blog_kit import LANGUAGES, SECRETS, Deploy, Provider


@pytest.fixture
def deploy() -> Iterator[Deploy]:
    """Make a deployment of the backend in a language."""
    made: list[Deployment] = []

    def make(language: str, env: dict[str, str] | None = None) -> Deployment:
        deployment = Deployment(LANGUAGES[language], seed=2026, env=SECRETS if env is None else env)
        made.append(deployment)
        return deployment

    yield make
    for deployment in made:
        deployment.close()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def convex(language: str, deploy: Deploy) -> Deployment:
    return deploy(language)


@pytest.fixture
def provider(convex: Deployment) -> Provider:
    return Provider(convex)
