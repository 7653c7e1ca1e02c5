"""The JavaScript host: classes that Node loads when they are first touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from biconvex.sim.hosts.javascript.engine import shared_engine

MODULES = {
    "m": """
        export const touched = query(async () => {
            const made = new Headers({ a: "b" });
            return [made.get("a"), new Response("x") instanceof Response, Math.random(), Date.now()];
        });
        export const untouched = query(async () => ["b", true, Math.random(), Date.now()]);
        export const known = query(async () => [
            typeof Headers, typeof Request, "FormData" in globalThis, Object.keys(globalThis).includes("Response"),
        ]);
        export const replaced = query(async () => {
            globalThis.Request = class Mine {};
            return new Request().constructor.name;
        });
        export const body = action(async () => await new Request("https://a.example", { method: "POST", body: "[1]" }).json());
    """
}


@pytest.fixture(autouse=True)
def new_process() -> None:
    """Node as it is when nothing was touched yet."""
    shared_engine().close()


def test_what_loading_a_class_draws_is_not_drawn_from_the_run(backend: Any) -> None:
    touched = json.loads(backend.run("touched").settled.value)
    shared_engine().close()
    assert touched == json.loads(backend.run("untouched").settled.value)


def test_a_class_is_there_before_it_is_loaded(backend: Any) -> None:
    assert json.loads(backend.run("known").settled.value) == ["function", "function", True, False]


def test_a_class_can_be_replaced_before_it_is_loaded(backend: Any) -> None:
    assert json.loads(backend.run("replaced").settled.value) == "Mine"


def test_a_class_reads_bodies_for_its_context_however_it_was_loaded(backend: Any) -> None:
    assert json.loads(backend.run("body", kind="action").settled.value) == [1]
