"""The contents of stored files, their URLs, and the tokens that allow uploads (semantics §12.1).

What a transaction sees of a file is its document in `_storage`; the bytes lie here, and are gone when that is.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from biconvex.sim.kernel import NS_PER_MS, Choices, Clock
from biconvex.sim.values import DeveloperError

if TYPE_CHECKING:
    from biconvex.sim.store import Commit

__all__ = ["STORAGE", "Files", "StoredFile"]

STORAGE: Final = "_storage"
_UPLOAD_MS: Final = 3_600_000


class StoredFile(msgspec.Struct, frozen=True):
    """A file: its content, and its type where one was given."""

    body: bytes
    content_type: str | None

    def document(self) -> dict[str, Any]:
        """What functions see of it in `_storage`."""
        return {
            "sha256": b64encode(sha256(self.body).digest()).decode(),
            "size": float(len(self.body)),
            "contentType": self.content_type,
        }


class Files:
    """The files of a deployment, by the ids of their documents. `origin` is what their URLs begin with."""

    def __init__(self, clock: Clock, choices: Choices, origin: str) -> None:
        self.origin = origin
        self._clock = clock
        self._choices = choices
        self._files: dict[str, StoredFile] = {}
        self._ids: dict[str, str] = {}
        self._issued: dict[str, tuple[int, str]] = {}

    def keep(self, document_id: str, file: StoredFile) -> None:
        """Keep the content of a file whose document has been written."""
        self._files[document_id] = file
        self._ids[self.uuid(document_id)] = document_id

    def heed(self, commit: Commit) -> None:
        """Forget the content of files whose documents were deleted."""
        for write in commit.writes:
            if write.after is None and self._files.pop(write.id, None) is not None:
                del self._ids[self.uuid(write.id)]

    def get(self, document_id: str) -> StoredFile | None:
        """The content of a file, None where there is none."""
        return self._files.get(document_id)

    def id_of(self, uuid: str) -> str | None:
        """The id of the document of the file that a URL names."""
        return self._ids.get(uuid)

    def uuid(self, document_id: str) -> str:
        """The name of a file in its URL: not its id, and always the same."""
        return str(UUID(bytes=blake2b(document_id.encode(), digest_size=16).digest(), version=4))

    def url(self, document_id: str) -> str:
        """Where a file can be read."""
        return f"{self.origin}/api/storage/{self.uuid(document_id)}"

    def upload_url(self, component: str = "") -> str:
        """Where a file can be posted to, for an hour, which becomes that of a component, or of the app."""
        token = self._choices.octets(24).hex()
        self._issued[token] = (self._clock.now_ns // NS_PER_MS, component)
        return f"{self.origin}/api/storage/upload?token={token}"

    def component_of(self, token: str) -> str:
        """The component that a file which is sent with a token belongs to, by its path.

        Raises `DeveloperError` for a token that isn't one of `upload_url`, or is too old.
        """
        issued = self._issued.get(token)
        if issued is None:
            raise DeveloperError("StorageTokenInvalid", "Couldn't decode the StoreFileAuthorization token")
        issued_ms, component = issued
        if issued_ms // 1000 * 1000 + _UPLOAD_MS <= self._clock.now_ns // NS_PER_MS:
            raise DeveloperError("StorageTokenExpired", "Store File Authorization expired")
        return component
