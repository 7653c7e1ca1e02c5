"""`ctx.storage`: files, as functions in Python see them (semantics §12.1)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from biconvex.sim.server.link import Link
from biconvex.sim.server.operation import operation

__all__ = ["Blob", "StorageActionWriter", "StorageReader", "StorageWriter"]


class Blob:
    """Bytes, and their type (`image/png`) where it is known."""

    def __init__(self, body: bytes | str = b"", content_type: str | None = None) -> None:
        self._body = body.encode() if isinstance(body, str) else bytes(body)
        self.content_type = content_type

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self._body)

    async def bytes(self) -> bytes:
        """The bytes."""
        return self._body

    async def text(self) -> str:
        """The bytes as UTF-8 text."""
        return self._body.decode("utf-8", "replace")


class StorageReader:
    """What a query can do with files: ids are those of the documents in `_storage`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @operation("ctx.storage.get_url")
    async def get_url(self, storage_id: str) -> str | None:
        """Where the file can be read, None when it isn't there."""
        url: str | None = await self._link.call("1.0/storageGetUrl", {"storageId": storage_id})
        return url

    @operation("ctx.storage.get_metadata")
    async def get_metadata(self, storage_id: str) -> dict[str, Any] | None:
        """Deprecated in Convex: `storageId` (another than the id), `sha256` (hex), `size` (bytes), `contentType`."""
        metadata: dict[str, Any] | None = await self._link.call(
            "1.0/storageGetMetadata", {"storageId": storage_id}
        )
        return metadata


class StorageWriter(StorageReader):
    """What a mutation can do with files."""

    @operation("ctx.storage.generate_upload_url")
    async def generate_upload_url(self) -> str:
        """A URL that a client may post one file to, for an hour."""
        url: str = await self._link.call("1.0/storageGenerateUploadUrl", {})
        return url

    @operation("ctx.storage.delete")
    async def delete(self, storage_id: str) -> None:
        """Delete a file; it fails when it isn't there."""
        await self._link.call("1.0/storageDelete", {"storageId": storage_id})


class StorageActionWriter(StorageWriter):
    """What an action can do with files."""

    @operation("ctx.storage.store")
    async def store(self, blob: Blob, *, sha256: str | None = None) -> str:
        """Store a file at once; its id. `sha256` (base64) is what its digest must be."""
        if not isinstance(blob, Blob):
            raise TypeError("store takes a Blob: Blob(b'…', 'image/png')")
        call = {
            "options": {} if sha256 is None else {"sha256": sha256},
            "contentType": blob.content_type,
            "body": b64encode(await blob.bytes()).decode(),
        }
        storage_id: str = await self._link.call("storage/storeBlob", call)
        return storage_id

    @operation("ctx.storage.get")
    async def get(self, storage_id: str) -> Blob | None:
        """The file, None when it isn't there."""
        found = await self._link.call("storage/getBlob", {"storageId": storage_id})
        return None if found is None else Blob(b64decode(found["body"]), found["contentType"])
