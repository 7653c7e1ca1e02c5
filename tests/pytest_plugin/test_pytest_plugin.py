"""The pytest plugin, in pytest runs of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest
from biconvex.pytest_plugin import derive_seed


def test_every_test_gets_a_fresh_deployment(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_one(convex):
            convex.mutation("notes:add", {"n": 1})
            assert convex.query("notes:count") == 1

        def test_two(convex):
            assert convex.query("notes:count") == 0
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_deployment_is_let_go_when_its_test_is_over(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import gc, weakref, pytest

        made = []

        @pytest.mark.parametrize("number", range(3))
        def test_each(convex, number):
            made.append(weakref.ref(convex))
            gc.collect()
            assert [known() is not None for known in made] == [False] * number + [True]
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


def test_the_header_names_project_seed_and_node(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("--convex-seed", "77")
    result.stdout.re_match_lines([r"^convex: project backend, seed 77, node \d+\.\d+\.\d+$"])


def test_the_seed_can_stand_in_the_ini_file(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nconvex_project = backend\nconvex_seed = 5\n")
    result = project.runpytest_inprocess()
    result.stdout.re_match_lines([r"^convex: project backend, seed 5, "])


def test_a_seed_that_is_no_number_is_one_clear_line(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nconvex_project = backend\nconvex_seed = lucky\n")
    result = project.runpytest_inprocess()
    result.stderr.fnmatch_lines(["ERROR: convex_seed must be an integer, not 'lucky'"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_same_root_seed_gives_the_same_run_and_another_gives_another(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_id(convex):
            with open("ids", "a") as file:
                print(convex.mutation("notes:add", {"n": 1}), file=file)
        """
    )
    for seed in ("1", "1", "2"):
        project.runpytest_inprocess("--convex-seed", seed).assert_outcomes(passed=1)
    first, again, other = (project.path / "ids").read_text().split()
    assert first == again
    assert first != other


def test_the_seed_of_a_test_depends_on_its_id_and_not_on_the_other_tests() -> None:
    assert derive_seed(1, "a.py::test") == derive_seed(1, "a.py::test")
    assert (
        len({derive_seed(1, "a.py::test"), derive_seed(2, "a.py::test"), derive_seed(1, "b.py::test")}) == 3
    )


def test_a_failure_shows_the_last_events_and_the_line_to_run_it_again(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_notes="""
        def test_count(convex):
            convex.mutation("notes:add", {"n": 1})
            assert convex.query("notes:count") == 2
        """
    )
    result = project.runpytest_inprocess("--convex-seed", "9")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*convex: the last events*",
            "number  virtual time (UTC)         run  kind          subject and detail",
            "*commit        notes:add*",
            "*end           notes:count*",
            'again: pytest "test_notes.py::test_count" --convex-seed 9',
        ]
    )


def test_a_fixture_without_a_project_says_what_to_set(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(convex): ...")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*the fixture convex needs a project: set `convex_project = *"])
    result.assert_outcomes(errors=1)


def test_a_backend_that_does_not_load_fails_the_test_with_the_place(project: pytest.Pytester) -> None:
    (project.path / "backend" / "broken.py").write_text("def f(:\n")
    project.makepyfile("def test_one(convex): ...")
    result = project.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*ProjectError: backend/broken.py:1:7: invalid syntax"])


def test_it_works_in_workers(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("n", range(4))
        def test_add(convex, n):
            convex.mutation("notes:add", {"n": n})
            assert convex.query("notes:count") == 1
        """
    )
    project.runpytest_subprocess("-n", "2").assert_outcomes(passed=4)


def test_it_can_be_left_out(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\n")
    project.makepyfile("def test_one(): ...")
    project.runpytest_subprocess("-p", "no:biconvex").assert_outcomes(passed=1)


def test_loading_it_loads_neither_the_simulator_nor_the_linter() -> None:
    code = "import sys, biconvex.pytest_plugin; print(*[n for n in sys.modules if n.startswith(('biconvex.', 'msgspec'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "biconvex.pytest_plugin" in loaded
    assert [name for name in loaded if not name.startswith("biconvex.pytest_plugin")] == []
