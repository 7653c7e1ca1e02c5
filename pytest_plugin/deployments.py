"""Makes the deployments of a test, and closes them. Loaded when a test first asks for one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from biconvex.pytest_plugin.marker import marked
from biconvex.pytest_plugin.seeds import derive_seed, plain_id, root_seed
from biconvex.pytest_plugin.settings import SETTINGS
from biconvex.sim import Costs, Deployment, Limits
from biconvex.sim.deployment import AgreeingClocks
from biconvex.sim.kernel import Trace
from pydantic import BaseModel, ValidationError

__all__ = ["MADE", "STORIES", "Deployments", "Story"]

M = TypeVar("M", bound=BaseModel)
Story = tuple[Trace, Any]
"""What happened in a deployment, and what the test did to it."""

MADE = pytest.StashKey[list[Deployment]]()
STORIES = pytest.StashKey[list[Story]]()


class Deployments:
    """The fixture `convex_factory`: each call makes a fresh deployment, which is closed when the test is over.

    The first has the test's own seed, later ones seeds derived from it. Python's clocks in the test show the virtual
    time of the deployment whose clock moved last.
    """

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._stack = ExitStack()
        self._clocks = AgreeingClocks()
        self._made: list[Deployment] = []

    def __call__(
        self, project: str | Path | None = None, *, seed: int | None = None, **options: Any
    ) -> Deployment:
        """Make a deployment of `project` (relative to the test's folder), or of the test's own.

        `seed` and further options are those of `Deployment`; what isn't given is what the test's markers say.
        """
        wanted = marked(self._item)
        if project is not None:
            wanted["project"] = project
        found = self._project(wanted.pop("project", None))
        own = seed if seed is not None else wanted.get("seed")
        wanted["seed"] = self._seed() if own is None else own
        for name, model in (("limits", Limits), ("costs", Costs)):
            if name in wanted:
                wanted[name] = _model(model, name, wanted[name])
        wanted.setdefault("allow", self._item.config.getini("convex_allow"))
        deployment = self._stack.enter_context(Deployment(found, **(wanted | options)))
        self._clocks.follow(deployment)
        self._made.append(deployment)
        if self._item.config.stash[SETTINGS].checks_determinism:
            self._tell(deployment)
        return deployment

    def __enter__(self) -> Deployments:
        self._item.stash[MADE] = self._made
        return self

    def __exit__(self, *_error: object) -> None:
        # The report is made: tests are kept to the end of the session, what they worked on need not be.
        del self._item.stash[MADE]
        self._clocks.close()
        self._stack.close()

    def _tell(self, deployment: Deployment) -> None:
        from biconvex.sim.explore.story import listen  # noqa: PLC0415 - only where it is used

        self._item.stash.setdefault(STORIES, []).append((deployment.trace, listen(deployment)))

    def _project(self, named: str | Path | None) -> Path:
        if named is not None:
            return self._item.path.parent / named
        config = self._item.config
        project: str = config.getini("convex_project")
        if not project:
            raise pytest.UsageError(
                'the fixture convex needs a project: set `convex_project = "path/to/project"` in pytest\'s ini options'
            )
        base: Path = config.inipath.parent if config.inipath is not None else config.rootpath
        return base / project

    def _seed(self) -> int:
        own = derive_seed(root_seed(self._item), plain_id(self._item))
        return derive_seed(own, str(len(self._made))) if self._made else own


def _model(model: type[M], name: str, given: Any) -> M:
    if isinstance(given, model):
        return given
    try:
        return model(**given)
    except (TypeError, ValidationError) as error:
        problem = error.errors()[0] if isinstance(error, ValidationError) else None
        words = f"{problem['loc'][0]}: {problem['msg']}" if problem and problem["loc"] else str(error)
        raise pytest.UsageError(f"@pytest.mark.convex({name}={given!r}): {words}") from None
