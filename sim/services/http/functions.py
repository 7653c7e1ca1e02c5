"""Functions called by HTTP: `POST /api/query`, `/api/mutation`, `/api/action` and `/api/run/…` (semantics §10)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec
from biconvex.sim.runtime import Failure, Identity, InvalidToken, Outcome
from biconvex.sim.services.http.messages import HttpRequest, HttpResponse
from biconvex.sim.values import DeveloperError, FunctionError, Int64, Value, from_json

__all__ = ["FunctionCall", "FunctionsByHttp"]

FunctionCall = Callable[[str | None, str, Value, Identity], Coroutine[Any, Any, Outcome]]
"""Calls a public function: its kind (None: whatever it is), its path, its arguments, and who calls.

Raises `FunctionError` where there is no such function.
"""

_KINDS: Final = frozenset({"query", "mutation", "action"})
_PREFIX: Final = "/api/"


class FunctionsByHttp:
    """Answers calls of functions. What a function throws is an answer, too."""

    def __init__(self, call: FunctionCall) -> None:
        self._call = call

    def serves(self, request: HttpRequest) -> bool:
        """Whether a request is a call of a function."""
        name = request.path.removeprefix(_PREFIX)
        return request.path.startswith(_PREFIX) and (name in _KINDS or name.startswith("run/"))

    async def respond(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """Answer a call."""
        if request.method != "POST":
            return HttpResponse.of_text(405, "")
        if isinstance(identity, InvalidToken):
            return HttpResponse.of_json(401, {"code": identity.code, "message": identity.message})
        try:
            kind, path, args, form = _question(request)
            outcome = await self._call(kind, path, args, identity)
        except _RefusedError as refused:
            return HttpResponse.of_json(400, {"code": refused.code, "message": refused.message})
        except FunctionError as error:
            return _failed(Failure(str(error)), ())
        if outcome.failure is not None:
            return _failed(outcome.failure, outcome.logs)
        value = _plain(outcome.value) if form == "json" else msgspec.json.decode(outcome.json)
        return _answer({"status": "success", "value": value}, outcome.logs)


class _RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _question(request: HttpRequest) -> tuple[str | None, str, Value, str]:
    """Kind, path, arguments and format of a call."""
    try:
        content = msgspec.json.decode(request.body or b"{}")
    except msgspec.DecodeError as error:
        raise _RefusedError("BadJsonBody", f"Failed to parse the request body as JSON: {error}") from None
    if not isinstance(content, dict):
        raise _RefusedError("BadJsonBody", "The request body must be a JSON object")
    name = request.path.removeprefix(_PREFIX)
    kind, path = (name, content.get("path")) if name in _KINDS else (None, _path_in_url(name))
    args = content.get("args", {})
    if isinstance(args, list) and len(args) == 1:
        args = args[0]  # as the JavaScript client sends them
    form = content.get("format", "json")
    if not isinstance(path, str) or not isinstance(args, dict) or form not in {"json", "convex_encoded_json"}:
        raise _RefusedError(
            "BadJsonBody",
            "The request body needs a `path` (text), `args` (an object), and a `format`, if any, that is json or "
            "convex_encoded_json",
        )
    try:
        return kind, path, from_json(args), form
    except DeveloperError as error:
        raise _RefusedError("InvalidArguments", error.message) from None


def _path_in_url(name: str) -> str:
    module, _, function = name.removeprefix("run/").rpartition("/")
    if not module or not function:
        raise _RefusedError(
            "MissingIdentifier", "Path or function name not provided in path, e.g. /api/run/messages/list"
        )
    return f"{module}:{function}"


def _plain(value: Any) -> Any:
    """A value as plain JSON: 64-bit integers are text, bytes are base64."""
    if isinstance(value, Int64):
        return str(int(value))
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def _failed(failure: Failure, logs: tuple[str, ...]) -> HttpResponse:
    answer: dict[str, Any] = {"status": "error", "errorMessage": f"Server Error\n{failure.text}"}
    if failure.data is not None:
        answer["errorData"] = msgspec.json.decode(failure.data)
    return _answer(answer, logs)


def _answer(answer: dict[str, Any], logs: tuple[str, ...]) -> HttpResponse:
    return HttpResponse.of_json(200, answer | ({"logLines": list(logs)} if logs else {}))
