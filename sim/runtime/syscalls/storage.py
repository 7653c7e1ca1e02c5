"""File storage as functions see it (semantics §12.1)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from biconvex.sim.runtime.files import STORAGE, StoredFile
from biconvex.sim.store import Conflict
from biconvex.sim.values import DeveloperError, decode_id

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime
    from biconvex.sim.store import Document, Transaction

__all__ = [
    "delete",
    "delete_from_action",
    "generate_upload_url",
    "get_blob",
    "get_metadata",
    "get_metadata_from_action",
    "get_url",
    "get_url_from_action",
    "store_blob",
    "store_file",
]

_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
T = TypeVar("T")


def get_url(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Where the file can be read, or null when it isn't there."""
    return _url(runtime, run.tx, arguments)


def get_url_from_action(runtime: Runtime, run: Run, arguments: Any) -> str:
    """The same, of what is committed."""
    return _reading(runtime, run, lambda transaction: _url(runtime, transaction, arguments))


def get_metadata(runtime: Runtime, run: Run, arguments: Any) -> str:
    """The digest, size and type of a file, or null when it isn't there."""
    return _metadata(runtime, run.tx, arguments)


def get_metadata_from_action(runtime: Runtime, run: Run, arguments: Any) -> str:
    """The same, of what is committed."""
    return _reading(runtime, run, lambda transaction: _metadata(runtime, transaction, arguments))


def generate_upload_url(runtime: Runtime, run: Run, _arguments: Any) -> str:
    """A URL that takes one file within the hour."""
    return _text(runtime.files.upload_url(run.function.component))


def delete(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Delete a file within the transaction."""
    _delete(runtime, run.tx, run, arguments)
    return "null"


async def delete_from_action(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Delete a file at once."""
    component = run.function.component
    await _writing(runtime, run, lambda transaction: _delete(runtime, transaction, run, arguments), component)
    return "null"


async def store_blob(runtime: Runtime, run: Run, arguments: Any) -> str:
    """Store what an action holds; it is committed at once. The answer is the id."""
    file = StoredFile(b64decode(arguments["body"] or ""), arguments.get("contentType"))
    expected = (arguments.get("options") or {}).get("sha256")
    return _text(await store_file(runtime, file, expected, run, component=run.function.component))


def get_blob(runtime: Runtime, run: Run, arguments: Any) -> str:
    """The content and type of a file, or null when it isn't there."""
    document = _reading(runtime, run, lambda transaction: _find(runtime, transaction, arguments))
    file = runtime.files.get(document.id) if document is not None else None
    if file is None:
        return "null"
    return msgspec.json.encode(
        {"body": b64encode(file.body).decode(), "contentType": file.content_type}
    ).decode()


async def store_file(
    runtime: Runtime, file: StoredFile, sha256: str | None, run: Run | None = None, *, component: str = ""
) -> str:
    """Store a file of a component, or of the app, and commit its document; its id.

    Raises `DeveloperError` when it isn't what `sha256` (base64) says.
    """
    document = file.document()
    if sha256 is not None and sha256 != document["sha256"]:
        raise DeveloperError(
            "Sha256Mismatch", f"Sha256 mismatch. Expected: {sha256} Actual: {document['sha256']}"
        )

    def insert(transaction: Transaction) -> str:
        return transaction.insert_system(STORAGE, document)

    document_id = await _writing(runtime, run, insert, component)
    runtime.files.keep(document_id, file)
    runtime.trace.record("store", document_id, run.number if run else 0, {"bytes": len(file.body)})
    return document_id


def _url(runtime: Runtime, transaction: Transaction, arguments: Any) -> str:
    document = _find(runtime, transaction, arguments)
    return "null" if document is None else _text(runtime.files.url(document.id))


def _metadata(runtime: Runtime, transaction: Transaction, arguments: Any) -> str:
    document = _find(runtime, transaction, arguments)
    if document is None:
        return "null"
    value: Any = document.value
    metadata = {
        "storageId": runtime.files.uuid(document.id),
        "sha256": b64decode(value["sha256"]).hex(),
        "size": value["size"],
        "contentType": value["contentType"],
    }
    return msgspec.json.encode(metadata).decode()


def _delete(runtime: Runtime, transaction: Transaction, run: Run, arguments: Any) -> None:
    document = _find(runtime, transaction, arguments)
    if document is None:
        raise DeveloperError("StorageIdNotFound", f"storage id {arguments['storageId']} not found")
    transaction.delete_system(document.id)
    runtime.trace.record("delete file", document.id, run.number)


def _find(runtime: Runtime, transaction: Transaction, arguments: Any) -> Document | None:
    """The document of the file that an id, or the UUID in its URL, names."""
    given = arguments.get("storageId")
    if not isinstance(given, str):
        raise DeveloperError(
            "InvalidArgument", "Invalid argument `storageId` for `storage`: it must be a string"
        )
    try:
        number, _ = decode_id(given)
    except DeveloperError:
        if not _UUID.fullmatch(given):
            raise DeveloperError(
                "InvalidStorageId",
                f'Invalid storage ID: "{given}". Storage ID should be an\n                    '
                "Id of '_storage' table, or a UUID string.",
            ) from None
        found = runtime.files.id_of(given)
        return None if found is None else transaction.get_system(STORAGE, found)
    if transaction.tables.name_of(number) != STORAGE:
        raise DeveloperError(
            "InvalidArgument",
            "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'.",
        )
    return transaction.get_system(STORAGE, given)


def _reading(runtime: Runtime, run: Run, read: Callable[[Transaction], T]) -> T:
    transaction = runtime.begin(writable=False)
    try:
        return read(transaction.inside(run.function.component))
    finally:
        transaction.discard()


async def _writing(runtime: Runtime, run: Run | None, write: Callable[[Transaction], T], component: str) -> T:
    """Write in a transaction of its own, again after a conflict."""
    attempt = 0
    while True:
        transaction = runtime.begin()
        try:
            result = write(transaction.inside(component))
            runtime.commit(transaction, run, source="file storage")
        except Conflict:
            await runtime.back_off(attempt)
            attempt += 1
        else:
            return result
        finally:
            transaction.discard()


def _text(value: str) -> str:
    return msgspec.json.encode(value).decode()
