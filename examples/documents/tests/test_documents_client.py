"""A client that tells its user what went wrong: `client/documents.ts`, in Node, and `client/documents.py`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Caller, Deployment, FunctionError
from documents_kit import DOCUMENTS, write

# What `npx convex dev` generates; types aside, the client needs no more.
API = 'export { anyApi as api } from "convex/server";\n'


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver of the client in TypeScript, bundled by the project's own esbuild."""
    project = tmp_path_factory.mktemp("client")
    for folder, files in (("client", ["documents.ts"]), ("tests", ["client_driver.ts"])):
        (project / folder).mkdir()
        for name in files:
            shutil.copy(DOCUMENTS / folder / name, project / folder)
    (project / "convex/_generated").mkdir(parents=True)
    (project / "convex/_generated/api.js").write_text(API)
    (project / "node_modules").symlink_to(DOCUMENTS / "node_modules")
    esbuild = [DOCUMENTS / "node_modules/.bin/esbuild", "tests/client_driver.ts", "--log-level=warning"]
    options = ["--bundle", "--platform=node", "--format=esm", "--outfile=driver.mjs"]
    subprocess.run([*esbuild, *options], cwd=project, check=True)
    return project / "driver.mjs"


class TypeScriptClient:
    """The client in TypeScript, whose requests are answered by the deployment."""

    def __init__(self, convex: Deployment, driver: Path) -> None:
        self._convex = convex
        self.node = subprocess.Popen(
            ["node", driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, name: str, caller: Caller, given: Any) -> str:
        token = None if caller is self._convex else caller.token
        self._say({"call": name, "given": given, "token": token})
        while True:
            assert self.node.stdout is not None
            said = json.loads(self.node.stdout.readline())
            if "told" in said:
                return str(said["told"])
            if "thrown" in said:
                raise FunctionError(said["thrown"])
            response = self._convex.fetch(**said)
            self._say({"status": response.status, "body": response.text})

    def _say(self, what: dict[str, Any]) -> None:
        assert self.node.stdin is not None
        self.node.stdin.write(json.dumps(what) + "\n")
        self.node.stdin.flush()


class PythonClient:
    """The client in Python, which is handed whoever calls."""

    def __init__(self) -> None:
        spec = spec_from_file_location("client_documents", DOCUMENTS / "client/documents.py")
        assert spec is not None
        assert spec.loader is not None
        self._module = module_from_spec(spec)
        spec.loader.exec_module(self._module)

    def call(self, name: str, caller: Caller, given: Any) -> str:
        return str(getattr(self._module, name)(caller, given))


@pytest.fixture
def client(language: str, convex: Deployment, request: pytest.FixtureRequest) -> Iterator[Any]:
    if language == "python":
        yield PythonClient()
        return
    made = TypeScriptClient(convex, request.getfixturevalue("driver"))
    yield made
    made.node.communicate(timeout=10)
    assert made.node.returncode == 0


def test_a_client_tells_its_user_what_the_code_of_an_error_means(
    client: Any, convex: Deployment, ada: Caller, bob: Caller
) -> None:
    document = write(ada)
    assert [client.call("remove", caller, document) for caller in (convex, bob, ada, ada)] == [
        "Please log in.",
        "It belongs to somebody else.",
        "Deleted.",
        "Somebody has deleted it.",
    ]
    documents = [write(ada) for _ in range(101)]
    assert client.call("archive", ada, documents) == "At most 100 documents at once"
    assert client.call("archive", ada, documents[:100]) == "Archived: 100."


def test_an_error_without_a_code_is_left_to_whoever_catches_bugs(client: Any, ada: Caller) -> None:
    with pytest.raises(FunctionError, match="ArgumentValidationError: Value does not match validator"):
        client.call("remove", ada, "no id at all")
