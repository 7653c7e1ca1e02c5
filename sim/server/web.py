"""Requests and responses, as in the browser's `fetch` API with Python's spelling."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

__all__ = ["Headers", "Request", "Response"]

Body = bytes | str | AsyncIterable[bytes | str] | None
HeadersInit = Mapping[str, str] | Iterable[tuple[str, str]] | None


class Headers(Mapping[str, str]):
    """Headers, whatever the case of their names. One that is there several times is joined with commas."""

    def __init__(self, items: HeadersInit = None) -> None:
        pairs = items.items() if isinstance(items, Mapping) else items or ()
        self._items = [(str(name).lower(), str(value)) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        found = self.get_all(name)
        if not found:
            raise KeyError(name)
        return ", ".join(found)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self._items))

    def __len__(self) -> int:
        return len({name for name, _ in self._items})

    def get_all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for known, value in self._items if known == name.lower()]

    def to_list(self) -> list[tuple[str, str]]:
        """Names, in lower case, and values, sorted by name as `fetch` gives them."""
        return sorted(self._items, key=lambda item: item[0])


class _Message:
    """What requests and responses share: headers, and a body that is read once or often."""

    def __init__(self, headers: Headers, body: Body) -> None:
        self.headers = headers
        self._body = body

    async def bytes(self) -> bytes:
        """The body."""
        if isinstance(self._body, AsyncIterable):
            self._body = b"".join([_octets(chunk) async for chunk in self._body])
        return _octets(self._body)

    async def text(self) -> str:
        """The body as UTF-8 text."""
        return (await self.bytes()).decode("utf-8", "replace")

    async def json(self) -> Any:
        """The body as JSON; raises `ValueError` when it isn't. Numbers come as Python's `json` gives them."""
        return msgspec.json.decode(await self.bytes())


class Request(_Message):
    """A request to an HTTP action. `url` is absolute."""

    def __init__(
        self, url: str, *, method: str = "GET", headers: HeadersInit = None, body: Body = None
    ) -> None:
        super().__init__(Headers(headers), body)
        self.url = url
        self.method = method

    @classmethod
    def from_json(cls, request: Mapping[str, Any]) -> Request:
        """The request that a host is given for an HTTP action."""
        body = None if request["body"] is None else b64decode(request["body"])
        return cls(request["url"], method=request["method"], headers=request["headers"], body=body)

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """The query of the URL: for each name the first value."""
        found = parse_qs(urlsplit(self.url).query, keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}


class Response(_Message):
    """What an HTTP action answers, and what `fetch` gives: `Response("ok")`, `Response(json={"ok": True}, status=201)`.

    The body is bytes, text, or an asynchronous iterator of these, as which it can be streamed.
    """

    def __init__(
        self,
        body: Body = None,
        *,
        json: Any = msgspec.UNSET,
        status: int = 200,
        headers: HeadersInit = None,
        url: str = "",
    ) -> None:
        """Raises `ValueError` for a status that isn't from 200 to 599, or for both a body and JSON."""
        if not 200 <= status <= 599:
            raise ValueError(f"The status of a Response must be from 200 to 599, not {status}")
        found = Headers(headers)
        if json is not msgspec.UNSET:
            if body is not None:
                raise ValueError("A Response has a body or JSON, not both")
            body = msgspec.json.encode(json)
            found = _with_type(found, "application/json")
        elif isinstance(body, str):
            found = _with_type(found, "text/plain;charset=UTF-8")
        super().__init__(found, body)
        self.status = status
        self.url = url

    @property
    def ok(self) -> bool:
        """Whether the status is in the 200s."""
        return 200 <= self.status < 300

    async def to_json(self) -> dict[str, Any]:
        """The response as a host answers it for an HTTP action."""
        body = None if self._body is None else b64encode(await self.bytes()).decode()
        return {"status": self.status, "headers": self.headers.to_list(), "body": body}


def _with_type(headers: Headers, content_type: str) -> Headers:
    if "content-type" in headers:
        return headers
    return Headers([*headers.to_list(), ("content-type", content_type)])


def _octets(chunk: bytes | str | None) -> bytes:
    return chunk.encode() if isinstance(chunk, str) else chunk or b""
