"""The pytest plugin: the fixture `convex`, a fresh simulated deployment for every test.

Loading it costs next to nothing: the simulator is imported when a test first asks for the fixture.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from biconvex.sim import Deployment

__all__ = ["convex", "derive_seed"]

_SEED_KEY = pytest.StashKey[int]()
_DEPLOYMENT_KEY = pytest.StashKey["Deployment"]()
_TRACE_LINES = 15


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--convex-seed`, and the ini options `convex_project`, `convex_seed` and `convex_allow`."""
    group = parser.getgroup("biconvex", "Convex backends, simulated")
    group.addoption(
        "--convex-seed",
        type=int,
        default=None,
        metavar="N",
        help="root seed of the simulations (default: the ini option convex_seed, or 0)",
    )
    parser.addini("convex_project", "the Convex project under test, relative to the ini file", default="")
    parser.addini("convex_seed", "root seed of the simulations (default: 0)", default="0")
    parser.addini(
        "convex_allow",
        'what "use node" modules may do besides reading their project: addons, child-process, worker, fs-read:PATH or '
        "fs-write:PATH, one a line",
        type="linelist",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Settle the root seed."""
    chosen = config.getoption("--convex-seed")
    if chosen is None:
        written = config.getini("convex_seed")
        try:
            chosen = int(written)
        except ValueError:
            raise pytest.UsageError(f"convex_seed must be an integer, not {written!r}") from None
    config.stash[_SEED_KEY] = chosen


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which project is under test, and from which seed; nothing where no project is configured."""
    project = config.getini("convex_project")
    if not project:
        return None
    from biconvex.sim.hosts.javascript import node_version  # noqa: PLC0415 - only where it is used

    node = node_version() or "not found"
    return f"convex: project {project}, seed {config.stash[_SEED_KEY]}, node {node}"


def derive_seed(root_seed: int, test_id: str) -> int:
    """The seed of one test: it depends on the root seed and the test's id, and on nothing else."""
    return int.from_bytes(blake2b(f"{root_seed}\0{test_id}".encode(), digest_size=6).digest(), "big")


@pytest.fixture
def convex(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """A fresh deployment of the project that `convex_project` names, seeded by the root seed and the test's id."""
    from biconvex.sim import Deployment  # noqa: PLC0415 - heavy, and not every test wants it

    config = request.config
    project = config.getini("convex_project")
    if not project:
        raise pytest.UsageError(
            'the fixture convex needs a project: set `convex_project = "path/to/project"` in pytest\'s ini options'
        )
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    seed = derive_seed(config.stash[_SEED_KEY], request.node.nodeid)
    with Deployment(base / project, seed=seed, allow=config.getini("convex_allow")) as deployment:
        request.node.stash[_DEPLOYMENT_KEY] = deployment
        yield deployment
        # The report is made: tests are kept to the end of the session, what they worked on need not be.
        del request.node.stash[_DEPLOYMENT_KEY]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On a failure, show the end of the trace, the findings, and the line that runs the test again."""
    report = yield
    deployment = item.stash.get(_DEPLOYMENT_KEY, None)
    if deployment is not None and call.when == "call" and report.failed:
        lines = [deployment.trace.HEADER, *map(str, deployment.trace.last(_TRACE_LINES))]
        lines += [f"finding: {finding.rule}: {finding.message}" for finding in deployment.findings]
        lines += ["", f'again: pytest "{item.nodeid}" --convex-seed {item.config.stash[_SEED_KEY]}']
        report.sections.append(("convex: the last events", "\n".join(lines)))
    return report
