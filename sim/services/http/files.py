"""Uploads, and files as they are read by their URLs (semantics §12.1)."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final
from urllib.parse import parse_qs

from biconvex.sim.runtime import Runtime, StoredFile, store_file
from biconvex.sim.services.http.messages import HttpRequest, HttpResponse
from biconvex.sim.values import DeveloperError

__all__ = ["FileServer"]

_PREFIX: Final = "/api/storage/"
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_CACHED_S: Final = 30 * 86_400
_UNAUTHENTICATED: Final = frozenset({"StorageTokenInvalid", "StorageTokenExpired"})


class FileServer:
    """Takes uploads and gives files."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def serves(self, request: HttpRequest) -> bool:
        """Whether a request is for a file, or an upload."""
        return request.path.startswith(_PREFIX)

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer a request for a file, or an upload."""
        name = request.path.removeprefix(_PREFIX)
        if name == "upload":
            return await self._upload(request) if request.method == "POST" else HttpResponse.of_text(405, "")
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse.of_text(405, "")
        if not _UUID.fullmatch(name):
            return _error(
                400,
                "InvalidStoragePath",
                f'Invalid storage path: "{name}". Please use `storage.getUrl(storageId: Id<"_storage">)` to generate a '
                "valid URL to retrieve files. See https://docs.convex.dev/file-storage/serve-files for more details",
            )
        document_id = self._runtime.files.id_of(name)
        file = None if document_id is None else self._runtime.files.get(document_id)
        if file is None:
            return _error(404, "FileNotFound", f"File {name} not found")
        response = _file(request, file)
        return HttpResponse(response.status, response.headers, b"") if request.method == "HEAD" else response

    async def _upload(self, request: HttpRequest) -> HttpResponse:
        digest = request.header("digest")
        expected = None if digest is None else digest.removeprefix("sha-256=")
        try:
            token = next(iter(parse_qs(request.query).get("token", [])), "")
            component = self._runtime.files.component_of(token)
            if expected is not None and len(b64decode(expected)) != 32:
                return _error(400, "BadHeader", "Bad header for digest: invalid HTTP header")
            file = StoredFile(request.body, request.header("content-type"))
            storage_id = await store_file(self._runtime, file, expected, component=component)
        except DeveloperError as error:
            return _error(401 if error.code in _UNAUTHENTICATED else 400, error.code or "", error.message)
        return HttpResponse.of_json(200, {"storageId": storage_id})


def _file(request: HttpRequest, file: StoredFile) -> HttpResponse:
    headers = [("accept-ranges", "bytes"), ("cache-control", f"private, max-age={_CACHED_S}")]
    if file.content_type is not None:
        headers.append(("content-type", file.content_type))
    body, status = file.body, 200
    asked = request.header("range")
    if asked is not None:
        part = _part(asked, len(body))
        if part is None:
            return HttpResponse.of_text(416, "")
        headers.append(("content-range", f"bytes {part.start}-{part.stop - 1}/{len(body)}"))
        body, status = body[part.start : part.stop], 206
    else:
        headers.append(("digest", f"sha-256={file.document()['sha256']}"))
    headers.append(("content-length", str(len(body))))
    return HttpResponse(status, tuple(sorted(headers)), body)


def _part(asked: str, size: int) -> range | None:
    """The one range of bytes that a header asks for, None where it can't be given."""
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(0, size - int(found[2])), size)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    return range(first, last + 1) if first <= last else None


def _error(status: int, code: str, message: str) -> HttpResponse:
    return HttpResponse.of_json(status, {"code": code, "message": message})
