"""What is read of the API that Convex generated."""

from __future__ import annotations

from pathlib import Path

from biconvex.lint.generated import modules_in, read_generated

API = b"""\
/* eslint-disable */
import type * as lib_users from "../lib/users.js";
import type * as tasks from "../tasks.js";

import type {
  ApiFromModules,
} from "convex/server";
declare const fullApi: ApiFromModules<{
  "lib/users": typeof lib_users;
  tasks: typeof tasks;
}>;
"""


def test_the_modules_are_those_that_it_imports_types_of():
    assert modules_in(API) == {"lib/users", "tasks"}


def test_an_api_with_static_types_tells_nothing_of_modules():
    assert modules_in(b"export declare const api: { tasks: {} };") is None


def test_a_folder_without_a_generated_api_has_none(tmp_path: Path):
    assert read_generated(tmp_path) is None


def test_an_app_has_it_as_declarations_and_a_component_as_code(tmp_path: Path):
    for folder, name in (("app", "api.d.ts"), ("component", "api.ts")):
        file = tmp_path / folder / "_generated" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(API)
        assert read_generated(tmp_path / folder) == {"lib/users", "tasks"}
