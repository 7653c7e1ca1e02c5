"""The plugin's options, marker and second fixture, in pytest runs of their own."""

from __future__ import annotations

import json

import pytest
from biconvex.pytest_plugin.seeds import derive_seed

LOST_UPDATE = """
    from biconvex.sim import call

    def test_bumps(convex):
        convex.concurrently(call("notes:bump"), call("notes:bump"))
        assert convex.as_admin().query("notes:total") == 2
    """


def write_seeds(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_seeds="""
        import pytest

        @pytest.mark.parametrize("word", ["a", "b"])
        def test_seed(convex, word):
            with open("seeds", "a") as file:
                print(word, convex.seed, file=file)
        """
    )


def seeds_seen(project: pytest.Pytester) -> list[tuple[str, int]]:
    file = project.path / "seeds"
    lines = [line.split() for line in file.read_text().splitlines()]
    file.unlink()
    return [(word, int(seed)) for word, seed in lines]


def test_several_seeds_are_those_from_the_root_seed_on(project: pytest.Pytester) -> None:
    write_seeds(project)
    result = project.runpytest_inprocess("--convex-seed", "5", "--convex-seeds", "2")
    result.assert_outcomes(passed=4)
    result.stdout.re_match_lines([r"^convex: project backend, seeds 5 to 6, node "])
    expected = {
        (word, derive_seed(seed, f"test_seeds.py::test_seed[{word}]")) for word in "ab" for seed in (5, 6)
    }
    assert set(seeds_seen(project)) == expected


def test_a_test_with_a_seed_of_its_own_runs_for_that_alone(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.convex(seed=3)
        def test_three(convex):
            assert convex.seed == 3
        """
    )
    project.runpytest_inprocess("--convex-seeds", "4").assert_outcomes(passed=1)


def test_every_option_has_a_twin_in_the_ini_file(project: pytest.Pytester) -> None:
    write_seeds(project)
    project.makeini(
        "[pytest]\nconvex_project = backend\nconvex_seed = 5\nconvex_seeds = 3\nconvex_shard = 1/2\n"
        "convex_trace = traces\nconvex_check_determinism = true\n"
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=3, deselected=3)
    result.stdout.re_match_lines([r"^convex: project backend, seeds 5 to 7, shard 1/2, node "])
    assert len(seeds_seen(project)) == 6  # each twice


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("seed", "lucky", "ERROR: --convex-seed must be an integer, not 'lucky'"),
        ("seeds", "0", "ERROR: --convex-seeds must be an integer from 1 on, not '0'"),
        ("shard", "5/4", "ERROR: --convex-shard must be like 1/4, 2/4, … 4/4, not '5/4'"),
    ],
)
def test_an_option_that_makes_no_sense_is_one_clear_line(
    project: pytest.Pytester, option: str, value: str, message: str
) -> None:
    result = project.runpytest_inprocess(f"--convex-{option}", value)
    assert result.stderr.lines[0] == message
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_shards_together_are_all_tests_with_a_deployment(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(5))
        def test_each(convex, number):
            with open("ran", "a") as file:
                print(number, file=file)

        def test_without(): ...
        """
    )
    for shard, passed in (("1/2", 4), ("2/2", 3)):
        project.runpytest_inprocess("--convex-shard", shard).assert_outcomes(
            passed=passed, deselected=6 - passed
        )
    assert (project.path / "ran").read_text().split() == ["0", "2", "4", "1", "3"]


def test_workers_agree_on_a_random_seed(project: pytest.Pytester) -> None:
    write_seeds(project)
    result = project.runpytest_subprocess("-n", "2", "--convex-seed", "random")
    result.assert_outcomes(passed=2)
    header = next(line for line in result.stdout.lines if line.startswith("convex: "))
    root = int(header.partition("seed ")[2].partition(",")[0])
    expected = {(word, derive_seed(root, f"test_seeds.py::test_seed[{word}]")) for word in "ab"}
    assert set(seeds_seen(project)) == expected


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "a worker"])
def test_a_seed_that_failed_is_tried_again_until_it_passes(
    project: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    project.makepyfile(
        test_flag="""
        import os

        def test_flag(convex):
            with open("seeds", "a") as file:
                print("x", convex.seed, file=file)
            assert os.path.exists("mended")
        """
    )
    kept = project.path / ".pytest_cache" / "v" / "biconvex" / "failing_seeds"
    run = project.runpytest_subprocess if workers else project.runpytest_inprocess
    run("--convex-seed", "7", *workers).assert_outcomes(failed=1)
    assert json.loads(kept.read_text()) == {"version": 1, "seeds": {"test_flag.py::test_flag": [7]}}
    (project.path / "mended").touch()
    seeds_seen(project)
    run(*workers).assert_outcomes(passed=2)
    expected = [("x", derive_seed(seed, "test_flag.py::test_flag")) for seed in (7, 0)]
    assert sorted(seeds_seen(project)) == sorted(expected)
    assert json.loads(kept.read_text()) == {"version": 1, "seeds": {}}


def test_a_kept_seed_comes_before_the_others(project: pytest.Pytester) -> None:
    project.makepyfile(test_flag="def test_flag(convex): assert convex.seed != 0")
    folder = project.path / ".pytest_cache" / "v" / "biconvex"
    folder.mkdir(parents=True)
    kept = {"version": 1, "seeds": {"test_flag.py::test_flag": [9]}}
    (folder / "failing_seeds").write_text(json.dumps(kept))
    result = project.runpytest_inprocess("-v")
    shown = [line.split()[0] for line in result.stdout.lines if "PASSED" in line]
    assert shown == [
        "test_flag.py::test_flag[convex-seed=9]",
        "test_flag.py::test_flag[convex-seed=0]",
    ]


def test_kept_seeds_of_another_version_are_left_alone_and_told(project: pytest.Pytester) -> None:
    project.makepyfile("def test_flag(convex): ...")
    folder = project.path / ".pytest_cache" / "v" / "biconvex"
    folder.mkdir(parents=True)
    (folder / "failing_seeds").write_text('{"version": 8, "tests": []}')
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["convex: the failing seeds kept are of version 8, not 1: left alone until a test fails"]
    )


def test_a_failure_among_several_seeds_names_its_own_and_runs_again_with_it(project: pytest.Pytester) -> None:
    project.makepyfile(test_bumps=LOST_UPDATE)
    result = project.runpytest_inprocess("--convex-seeds", "8", "-x")
    line = next(line for line in result.stdout.lines if line.startswith("again: "))
    assert line.startswith('again: pytest "test_bumps.py::test_bumps" --convex-seed ')
    seed = line.split()[-1]
    again = project.runpytest_inprocess("test_bumps.py::test_bumps", "--convex-seed", seed)
    again.assert_outcomes(failed=1)
    assert line in again.stdout.lines


def test_a_failing_test_leaves_its_trace(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_notes="""
        def test_passes(convex):
            convex.mutation("notes:add", {"n": 1})

        def test_fails(convex, convex_factory):
            convex.mutation("notes:add", {"n": 1})
            convex_factory()
            assert False
        """
    )
    result = project.runpytest_inprocess("--convex-trace", "traces")
    result.assert_outcomes(passed=1, failed=1)
    names = sorted(file.name for file in (project.path / "traces").iterdir())
    assert names == [
        "test_notes.py_test_fails_1.jsonl",
        "test_notes.py_test_fails_1.timeline.json",
        "test_notes.py_test_fails_2.jsonl",
        "test_notes.py_test_fails_2.timeline.json",
    ]
    result.stdout.fnmatch_lines(["deployment 1:", "trace: *_1.jsonl", "deployment 2:", "trace: *_2.jsonl"])


def test_the_marker_says_what_deployments_are_made_with(project: pytest.Pytester) -> None:
    project.mkdir("tests")
    (project.path / "tests" / "test_marker.py").write_text(
        """
import pytest
from biconvex.sim import Costs, FunctionError

pytestmark = pytest.mark.convex(env={"MODE": "module"}, seed=3)

@pytest.mark.convex(env={"MODE": "test"}, limits={"documents_read": 1}, costs=Costs(operation_ms=5))
def test_marked(convex):
    assert convex.action("notes:env") == "test"
    assert convex.seed == 3
    convex.mutation("notes:add", {"n": 1})
    convex.mutation("notes:add", {"n": 1})
    assert convex.now > 1767225600000
    with pytest.raises(FunctionError, match="Too many documents read"):
        convex.query("notes:count")

@pytest.mark.convex(faults={"lost_connection": 1, "conflict": "swarm"}, project="../backend")
def test_faults(convex):
    assert convex.fault_rates["lost_connection"] == 1
    assert convex.action("notes:env") == "module"
"""
    )
    project.runpytest_inprocess("tests").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "sed=7",
            "ERROR: test_marker.py::test_one: @pytest.mark.convex has no argument 'sed'. Did you mean 'seed'?",
        ),
        (
            "weather=7",
            (
                "ERROR: test_marker.py::test_one: @pytest.mark.convex has no argument 'weather'. "
                "It takes project, seed, limits, costs, env, faults."
            ),
        ),
        (
            "7",
            (
                "ERROR: test_marker.py::test_one: @pytest.mark.convex takes its arguments by name "
                "(project, seed, limits, costs, env, faults), not 7"
            ),
        ),
    ],
)
def test_a_marker_that_makes_no_sense_is_one_clear_line(
    project: pytest.Pytester, marker: str, message: str
) -> None:
    project.makepyfile(test_marker=f"import pytest\n@pytest.mark.convex({marker})\ndef test_one(convex): ...")
    result = project.runpytest_inprocess()
    assert message in [*result.stdout.lines, *result.stderr.lines]
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "faults={'conflct': 1}",
            "*UsageError: faults: there is no fault 'conflct' (did you mean 'conflict'?)",
        ),
        (
            "faults={'conflict': 2}",
            '*UsageError: faults: conflict=2: a rate is a number from 0 to 1 or "swarm"*',
        ),
        ("limits={'documents': 2}", "*documents: Extra inputs are not permitted"),
    ],
)
def test_values_that_make_no_sense_are_told(project: pytest.Pytester, marker: str, message: str) -> None:
    project.makepyfile(f"import pytest\n@pytest.mark.convex({marker})\ndef test_one(convex): ...")
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_the_factory_makes_several_deployments_with_seeds_of_their_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from biconvex.sim import UsageError

        kept = []

        def test_several(convex_factory, convex):
            other, seeded = convex_factory("backend"), convex_factory(seed=9, env={"MODE": "x"})
            kept.extend([convex, other, seeded])
            assert len({convex.seed, other.seed, 9}) == 3
            assert seeded.seed == 9
            assert seeded.action("notes:env") == "x"
            other.mutation("notes:add", {"n": 1})
            assert (convex.query("notes:count"), other.query("notes:count")) == (0, 1)

        def test_they_are_closed_when_the_test_is_over():
            for deployment in kept:
                with pytest.raises(UsageError, match="^the deployment is closed$"):
                    deployment.query("notes:count")
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_pythons_clocks_in_a_test_show_the_virtual_time(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import time
        from datetime import UTC, datetime

        started = time.time()

        def test_clock(convex, convex_factory):
            assert datetime.now(UTC) == datetime(2026, 1, 1, tzinfo=UTC)
            convex.advance(hours=1, milliseconds=500)
            assert time.time() == convex.now / 1000 == 1767229200.5
            other = convex_factory(start=datetime(2030, 1, 1, tzinfo=UTC))
            assert datetime.now(UTC).year == 2030
            convex.advance(seconds=1)
            assert datetime.now(UTC).year == 2026

        def test_afterwards_they_are_real_again():
            assert abs(time.time() - started) < 600
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_test_that_is_deterministic_passes_its_check(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_twice="""
        import pytest

        made = []

        @pytest.fixture(scope="module")
        def shared():
            made.append(1)

        def test_add(shared, convex):
            with open("ran", "a") as file:
                print(convex.mutation("notes:add", {"n": 1}), file=file)

        def test_other(shared, convex):
            assert made == [1]
        """
    )
    project.runpytest_inprocess("--convex-check-determinism").assert_outcomes(passed=2)
    first, second = (project.path / "ran").read_text().split()
    assert first == second


def test_a_test_that_draws_at_random_is_reported_as_such(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_random="""
        import itertools

        numbers = itertools.count()

        def test_add(convex):
            convex.mutation("notes:add", {"n": 5})
            convex.mutation("notes:add", {"n": next(numbers)})
        """
    )
    result = project.runpytest_inprocess("--convex-check-determinism")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The test isn't deterministic by itself: two runs with the same seed differ at step 2 of the test:",
            '  first run:  convex.mutation("notes:add", {"n": 0*})',
            '  second run: convex.mutation("notes:add", {"n": 1*})',
            "The backend isn't at fault. *",
            'again: pytest "test_random.py::test_add" --convex-seed 0 --convex-check-determinism',
        ]
    )


def test_a_simulation_that_the_test_makes_vary_is_reported_with_its_first_event(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        test_stub="""
        import itertools

        runs = itertools.count()

        def test_stub(convex):
            number = next(runs)
            async def handler(ctx, args):
                for _ in range(number):
                    await ctx.db.insert("notes", {"n": 1})
            convex.stub("notes:add", handler)
            convex.mutation("notes:add", {"n": 5})
        """
    )
    result = project.runpytest_inprocess("--convex-check-determinism")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The test did the same twice, and something else happened, at event 3:",
            "  first run:  *end           notes:add",
            "  second run: *insert        notes *",
        ]
    )


def test_a_test_that_ends_in_two_ways_is_reported_as_such(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import itertools

        runs = itertools.count()

        def test_ends(convex):
            assert next(runs)
        """
    )
    result = project.runpytest_inprocess("--convex-check-determinism")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The test isn't deterministic by itself: two runs with the same seed differ at their ends:",
            "  first run:  setup passed, call failed, teardown passed",
            "  second run: setup passed, call passed, teardown passed",
        ]
    )


def test_an_error_of_a_function_shows_the_lines_of_the_test_alone(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_wrong(convex):
            convex.mutation("notes:add", {})
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*deployment.py*")
    result.stdout.fnmatch_lines([">*convex.mutation(*", "E*FunctionError: ArgumentValidationError: *"])
