"""The pytest plugin: the fixture `convex`, a fresh simulated deployment for every test.

Loading it costs next to nothing: the simulator is imported when a test first asks for a fixture.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from biconvex.pytest_plugin.marker import MARKER, check_markers, marked
from biconvex.pytest_plugin.seeds import (
    FIXTURES,
    ROUND,
    KeptSeeds,
    derive_seed,
    kept_seeds,
    root_seed,
    round_id,
    rounds,
    uses_convex,
)
from biconvex.pytest_plugin.settings import SETTINGS, add_options, settle

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from biconvex.pytest_plugin.deployments import Deployments
    from biconvex.sim import Deployment

__all__ = ["convex", "convex_factory", "derive_seed"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--convex-…` and their ini twins, and the ini options `convex_project` and `convex_allow`."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Settle the options, and declare the marker."""
    config.stash[SETTINGS] = settle(config)
    config.addinivalue_line("markers", MARKER)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(KeptSeeds(config), "biconvex-kept-seeds")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist the root seed."""
    node.workerinput["convex_seed"] = node.config.stash[SETTINGS].seed


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which project is under test, and from which seed; nothing where no project is configured."""
    project = config.getini("convex_project")
    if not project:
        return []
    from biconvex.sim.hosts.javascript import node_version  # noqa: PLC0415 - only where it is used

    settings = config.stash[SETTINGS]
    seed = f"seed {settings.seed}"
    if settings.seeds > 1:
        seed = f"seeds {settings.seed} to {settings.seed + settings.seeds - 1}"
    if settings.shard is not None:
        seed += f", shard {settings.shard[0]}/{settings.shard[1]}"
    problem = kept_seeds(config)[1]
    header = f"convex: project {project}, {seed}, node {node_version() or 'not found'}"
    return [header, f"convex: {problem}"] if problem else [header]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have a test run for several root seeds: those it failed with before, and those that are asked for."""
    if FIXTURES.isdisjoint(metafunc.fixturenames) or "seed" in marked(metafunc.definition):
        return
    seeds = rounds(metafunc.config, metafunc.definition.nodeid)
    if seeds != [metafunc.config.stash[SETTINGS].seed]:
        metafunc.fixturenames.append(ROUND)
        metafunc.parametrize(ROUND, seeds, indirect=True, ids=map(round_id, seeds))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check the markers, and leave this shard's part of the tests that use a deployment."""
    for item in items:
        check_markers(item)
    shard = config.stash[SETTINGS].shard
    if shard is None:
        return
    part, parts = shard
    ours = [item for item in items if uses_convex(item)]
    left_out = {id(item) for number, item in enumerate(ours) if number % parts != part - 1}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]


@pytest.fixture
def _convex_root_seed(request: pytest.FixtureRequest) -> int:
    seed: int = request.param
    return seed


@pytest.fixture
def convex_factory(request: pytest.FixtureRequest) -> Iterator[Deployments]:
    """Makes fresh deployments: `convex_factory("other/project", seed=7, limits=…)`. They are closed after the test."""
    from biconvex.pytest_plugin.deployments import Deployments  # noqa: PLC0415 - heavy, and few tests want it

    with Deployments(request.node) as factory:
        yield factory


@pytest.fixture
def convex(convex_factory: Deployments) -> Deployment:
    """A fresh deployment of the project under test, seeded by the root seed and the test's id."""
    return convex_factory()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """With `--convex-check-determinism`, run a test that uses a deployment twice."""
    if not item.config.stash[SETTINGS].checks_determinism or not uses_convex(item):
        return None
    from biconvex.pytest_plugin.determinism import run_twice  # noqa: PLC0415 - only where it is used

    run_twice(item, nextitem)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On a failure, show the end of the trace, the findings, and the line that runs the test again."""
    if not uses_convex(item):
        return (yield)
    from biconvex.pytest_plugin.reports import add_sections, hide_ours  # noqa: PLC0415 - only where it is used

    if call.excinfo is not None:
        hide_ours(call.excinfo.value)
    report = yield
    function = report.nodeid.partition("[")[0]
    report.convex = {"function": function, "root_seed": root_seed(item)}  # type: ignore[attr-defined]
    deployments = sys.modules.get("biconvex.pytest_plugin.deployments")
    made: list[Deployment] = [] if deployments is None else item.stash.get(deployments.MADE, [])
    if report.failed and made:
        add_sections(item, report, made)
    return report
