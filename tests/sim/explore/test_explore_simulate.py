"""`@simulate`: many seeds in one test, a failure that comes back small, and bodies that can't be simulated."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from biconvex.sim import Deployment, UsageError
from biconvex.sim.explore import BodyChoices, NondeterministicTestError, find_simulation, replay, simulate
from biconvex.sim.kernel import Choices
from hypothesis import given
from hypothesis import strategies as st

VOTES = """
@mutation(args={"poll": v.id("polls")})
async def cast(ctx, args):
    await ctx.scheduler.run_after(1000, internal.m.count, args)

@internal_action(args={"poll": v.id("polls")})
async def count(ctx, args):
    votes = await ctx.run_query(internal.m.read, args)
    await ctx.run_mutation(internal.m.write, {**args, "votes": votes + 1})

@internal_query(args={"poll": v.id("polls")})
async def read(ctx, args):
    return (await ctx.db.get(args["poll"]))["votes"]

@internal_mutation(args={"poll": v.id("polls"), "votes": v.number()})
async def write(ctx, args):
    await ctx.db.patch(args["poll"], {"votes": args["votes"]})
"""
TEST = """
import random
import pytest
from biconvex.sim.explore import simulate

def body(convex, choices):
    poll = convex.db.insert("polls", {"votes": 0})
    votes = 0
    for _ in choices.times(10):
        votes += 1
        convex.mutation("m:cast", {"poll": poll})
        if choices.chance(0.5):
            convex.advance(seconds=choices.integer(1, 5))
    convex.run_until_idle()
    assert convex.db.get(poll)["votes"] == votes
"""


@pytest.fixture
def project(written_backends: Callable[[str, str], Path]) -> Path:
    return written_backends("python", VOTES)


@pytest.fixture
def suite(pytester: pytest.Pytester, project: Path) -> pytest.Pytester:
    pytester.makeini(f"[pytest]\nconvex_project = {project}\n")
    return pytester


def run(suite: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    suite.makepyfile(test_votes=TEST + tests)
    return suite.runpytest_inprocess("-p", "no:cacheprovider", *options)


# --- what is found ---------------------------------------------------------------------------------------------


def test_a_failure_is_shown_with_what_is_left_of_it_and_a_program(suite: pytest.Pytester) -> None:
    result = run(suite, "test_counts = simulate(seeds=50)(body)")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E       assert 1.0 == 2",
            "E       body fails with seed *: AssertionError: assert 1.0 == 2",
            "E       Shrunk in * runs: * steps to 4, 0 faults to 0. What is left:",
            'E           r1 = convex.db.insert("polls", {"votes": 0})',
            'E           convex.mutation("m:cast", {"poll": r1})',
            'E           convex.mutation("m:cast", {"poll": r1})',
            "E           convex.run_until_idle()",
            "E           from biconvex.sim.explore import replay",
            'E           replay("test_votes.py::body", seed=*, decisions=[[]*], project="*")',
        ]
    )


def test_the_program_of_a_failure_fails_in_the_same_way(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(
        suite, "\n@simulate(seeds=50)\ndef test_counts(convex, choices):\n    body(convex, choices)\n"
    )
    lines = [line.removeprefix("E").strip() for line in result.outlines]
    start = lines.index("from biconvex.sim.explore import replay")
    monkeypatch.chdir(suite.path)
    with pytest.raises(AssertionError):
        exec("\n".join(lines[start : start + 2]), {})


def test_several_processes_find_the_same_as_one(suite: pytest.Pytester) -> None:
    body = "\n@simulate(seeds=range(20), jobs={jobs})\ndef test_counts(convex, choices):\n    body(convex, choices)\n"
    notes = []
    for jobs in (1, 2):
        result = run(suite, body.format(jobs=jobs))
        result.assert_outcomes(failed=1)
        notes.append([line for line in result.outlines if "fails with seed" in line or "replay(" in line])
    assert notes[0] == notes[1] != []


def test_a_body_that_holds_passes_and_gets_its_other_arguments_as_fixtures(suite: pytest.Pytester) -> None:
    tests = """
@pytest.fixture
def amount(): return 3

seen = []

@simulate(seeds=7)
def test_fixture(convex, amount):
    seen.append(convex.seed)
    assert amount == 3

def test_seeds():
    assert seen == [0, 0, *range(7)]  # the first two runs are compared
"""
    run(suite, tests).assert_outcomes(passed=2)


def test_a_skip_is_a_skip(suite: pytest.Pytester) -> None:
    run(suite, "\n@simulate(seeds=7)\ndef test_it(convex): pytest.skip('not here')\n").assert_outcomes(
        skipped=1
    )


def test_pytest_fail_is_a_failure(suite: pytest.Pytester) -> None:
    result = run(suite, "\n@simulate(seeds=7)\ndef test_it(convex): pytest.fail('no good')\n")
    result.assert_outcomes(failed=1)


# --- bodies that aren't deterministic by themselves ------------------------------------------------------------


def test_a_body_that_draws_from_random_is_no_failure_of_the_backend(project: Path) -> None:
    numbers = iter([0.25, 0.5])

    @simulate(seeds=5, project=project)
    def body(convex: Deployment) -> None:
        convex.db.insert("polls", {"votes": next(numbers)})

    with pytest.raises(NondeterministicTestError) as caught:
        body()
    assert str(caught.value) == (
        "body isn't deterministic by itself: two runs with seed 0 differ at step 1 of the test:\n"
        '  first run:  convex.db.insert("polls", {"votes": 0.25})\n'
        '  second run: convex.db.insert("polls", {"votes": 0.5})\n'
        "What the test does must depend on its arguments alone: draw from `choices` instead of `random`, ask "
        "`convex.now` instead of a clock, and keep nothing from one run to the next."
    )


def test_a_body_that_fails_only_once_is_told_from_one_that_fails(project: Path) -> None:
    runs = []

    @simulate(seeds=9, project=project)
    def body(convex: Deployment) -> None:
        runs.append(convex.seed)
        assert len(runs) != 5

    with pytest.raises(
        NondeterministicTestError, match="it failed with seed 2, and not when it was run again"
    ):
        body()


def test_pythons_clocks_show_virtual_time(project: Path) -> None:
    from datetime import UTC, datetime

    @simulate(seeds=2, project=project)
    def body(convex: Deployment) -> None:
        convex.advance(hours=1)
        assert datetime.now(UTC).isoformat() == "2026-01-01T01:00:00+00:00"

    body()


def test_random_may_be_used_where_nothing_depends_on_it(project: Path) -> None:
    @simulate(seeds=2, project=project)
    def body(convex: Deployment) -> None:
        random.random()

    body()


# --- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 0}, "@simulate needs at least one seed"),
        ({"jobs": 0}, "@simulate(jobs=0): there must be at least one process"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        simulate(**options)
    assert str(caught.value) == message


def test_a_body_without_a_project_says_how_to_name_one() -> None:
    with pytest.raises(UsageError, match=r"^<lambda> has no project: write @simulate\(project=…\)"):
        simulate(seeds=1)(lambda convex: None)()


def test_a_local_function_cant_run_in_several_processes(project: Path) -> None:
    @simulate(seeds=4, jobs=2, project=project)
    def body(convex: Deployment) -> None: ...

    with pytest.raises(UsageError, match="they find only functions of a module, by their name"):
        body()


def test_what_is_no_simulation_cant_be_replayed(tmp_path: Path) -> None:
    file = tmp_path / "test_other.py"
    file.write_text("def test_it(): pass\n")
    with pytest.raises(UsageError, match="has no test test_it that is decorated with @simulate"):
        find_simulation(f"{file}::test_it")
    with pytest.raises(UsageError, match="is no Python file"):
        replay(f"{tmp_path / 'nowhere.py'}::test_it", seed=0)


# --- choices ---------------------------------------------------------------------------------------------------


@given(st.integers(), st.integers(0, 5), st.integers(0, 5))
def test_times_counts_up_to_a_number_between_its_bounds(seed: int, least: int, more: int) -> None:
    counted = list(BodyChoices(Choices(seed)).times(least + more, least))
    assert counted == list(range(len(counted)))
    assert least <= len(counted) <= least + more


def test_the_simplest_choices_are_the_lowest_the_first_and_the_fewest() -> None:
    choices = BodyChoices(Choices.replaying(7))
    assert choices.integer(3, 9) == 3
    assert choices.pick("abc") == "a"
    assert not choices.chance(0.99)
    assert choices.fraction() == 0
    assert list(choices.times(9, 2)) == [0, 1]
