"""File storage as functions see it (semantics §12.1)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

TYPESCRIPT = """
const ID = { id: v.string() };
export const store = action({
  args: { text: v.string(), type: v.optional(v.string()), sha256: v.optional(v.string()) },
  handler: async (ctx, { text, type, sha256 }) => await ctx.storage.store(new Blob([text], type === undefined ? {} : { type }), sha256 === undefined ? undefined : { sha256 }),
});
export const read = action({
  args: ID,
  handler: async (ctx, { id }) => {
    const blob = await ctx.storage.get(id as any);
    return blob === null ? null : [await blob.text(), blob.type || null, blob.size];
  },
});
export const url = query({ args: ID, handler: async (ctx, { id }) => await ctx.storage.getUrl(id as any) });
export const urlInAction = action({ args: ID, handler: async (ctx, { id }) => await ctx.storage.getUrl(id as any) });
export const metadata = query({ args: ID, handler: async (ctx, { id }) => await ctx.storage.getMetadata(id as any) });
export const document = query({ args: ID, handler: async (ctx, { id }) => await ctx.db.system.get(id as any) });
export const documents = query({ args: {}, handler: async (ctx) => (await ctx.db.system.query("_storage").collect()).length });
export const upload = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });
export const remove = mutation({
  args: { id: v.string(), fail: v.optional(v.boolean()) },
  handler: async (ctx, { id, fail }) => { await ctx.storage.delete(id as any); if (fail) throw new Error("changed my mind"); },
});
export const removeInAction = action({ args: ID, handler: async (ctx, { id }) => { await ctx.storage.delete(id as any); throw new Error("too late"); } });
export const other = mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("others", {}) });
"""
PYTHON = """
ID = {"id": v.string()}

@action(args={"text": v.string(), "type": v.optional(v.string()), "sha256": v.optional(v.string())})
async def store(ctx, args):
    return await ctx.storage.store(Blob(args["text"], args.get("type")), sha256=args.get("sha256"))

@action(args=ID)
async def read(ctx, args):
    blob = await ctx.storage.get(args["id"])
    return None if blob is None else [await blob.text(), blob.content_type, blob.size]

@query(args=ID)
async def url(ctx, args): return await ctx.storage.get_url(args["id"])

@action(args=ID)
async def urlInAction(ctx, args): return await ctx.storage.get_url(args["id"])

@query(args=ID)
async def metadata(ctx, args): return await ctx.storage.get_metadata(args["id"])

@query(args=ID)
async def document(ctx, args): return await ctx.db.system.get(args["id"])

@query(args={})
async def documents(ctx, args): return len(await ctx.db.system.query("_storage").collect())

@mutation(args={})
async def upload(ctx, args): return await ctx.storage.generate_upload_url()

@mutation(args={"id": v.string(), "fail": v.optional(v.boolean())})
async def remove(ctx, args):
    await ctx.storage.delete(args["id"])
    if args.get("fail"):
        raise Exception("changed my mind")

@action(args=ID)
async def removeInAction(ctx, args):
    await ctx.storage.delete(args["id"])
    raise Exception("too late")

@mutation(args={})
async def other(ctx, args): return await ctx.db.insert("others", {})
"""
DIGEST = hashlib.sha256(b"hello").digest()
UUID = r"https://anonymous-biconvex\.convex\.cloud/api/storage/[0-9a-f-]{36}"


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return backend(typescript=TYPESCRIPT, python=PYTHON)


@pytest.fixture
def stored(convex: Deployment) -> str:
    """The id of a file."""
    return convex.action("m:store", {"text": "hello", "type": "text/plain"})


def test_what_was_stored_can_be_read(convex: Deployment, stored: str) -> None:
    assert convex.action("m:read", {"id": stored}) == ["hello", "text/plain", 5]


def test_a_file_has_a_document_of_its_own(convex: Deployment, stored: str) -> None:
    document = convex.query("m:document", {"id": stored})
    assert document == {
        "_id": stored,
        "_creationTime": document["_creationTime"],
        "sha256": base64.b64encode(DIGEST).decode(),
        "size": 5,
        "contentType": "text/plain",
    }


def test_the_type_of_a_file_may_be_unknown(convex: Deployment) -> None:
    stored = convex.action("m:store", {"text": ""})
    assert convex.query("m:document", {"id": stored})["contentType"] is None
    assert convex.action("m:read", {"id": stored}) == ["", None, 0]


def test_metadata_have_another_id_and_the_digest_in_hexadecimal(convex: Deployment, stored: str) -> None:
    metadata = convex.query("m:metadata", {"id": stored})
    url = convex.query("m:url", {"id": stored})
    assert metadata == {
        "storageId": url.rpartition("/")[2],
        "sha256": DIGEST.hex(),
        "size": 5,
        "contentType": "text/plain",
    }
    assert convex.query("m:metadata", {"id": metadata["storageId"]}) == metadata


def test_the_url_of_a_file_is_always_the_same_and_another_for_another(
    convex: Deployment, stored: str
) -> None:
    other = convex.action("m:store", {"text": "hello"})
    url = convex.query("m:url", {"id": stored})
    assert url == convex.action("m:urlInAction", {"id": stored}) != convex.query("m:url", {"id": other})
    assert url.startswith("https://anonymous-biconvex.convex.cloud/api/storage/")


def test_an_upload_url_is_another_each_time(convex: Deployment) -> None:
    first, second = convex.mutation("m:upload"), convex.mutation("m:upload")
    assert first != second
    assert first.startswith("https://anonymous-biconvex.convex.cloud/api/storage/upload?token=")


def test_a_deleted_file_is_gone(convex: Deployment, stored: str) -> None:
    uuid = convex.query("m:metadata", {"id": stored})["storageId"]
    convex.mutation("m:remove", {"id": stored})
    assert convex.query("m:url", {"id": stored}) is None
    assert convex.query("m:metadata", {"id": uuid}) is None
    assert convex.action("m:read", {"id": stored}) is None
    assert convex.query("m:documents") == 0


def test_a_mutation_that_fails_deletes_nothing(convex: Deployment, stored: str) -> None:
    with pytest.raises(FunctionError, match="changed my mind"):
        convex.mutation("m:remove", {"id": stored, "fail": True})
    assert convex.action("m:read", {"id": stored}) == ["hello", "text/plain", 5]


def test_what_an_action_deletes_stays_deleted_when_it_fails(convex: Deployment, stored: str) -> None:
    with pytest.raises(FunctionError, match="too late"):
        convex.action("m:removeInAction", {"id": stored})
    assert convex.query("m:documents") == 0


def test_a_digest_that_fits_is_accepted_and_another_is_refused(convex: Deployment) -> None:
    right, wrong = base64.b64encode(DIGEST).decode(), base64.b64encode(bytes(32)).decode()
    convex.action("m:store", {"text": "hello", "sha256": right})
    with pytest.raises(FunctionError) as caught:
        convex.action("m:store", {"text": "hello", "sha256": wrong})
    assert f"Sha256 mismatch. Expected: {wrong} Actual: {right}" in str(caught.value)
    assert convex.query("m:documents") == 1


def test_deleting_what_is_not_there_fails(convex: Deployment, stored: str) -> None:
    convex.mutation("m:remove", {"id": stored})
    with pytest.raises(FunctionError, match=f"storage id {stored} not found"):
        convex.mutation("m:remove", {"id": stored})


def test_what_is_no_id_of_a_file_is_refused(convex: Deployment) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.query("m:url", {"id": "picture.png"})
    assert 'Invalid storage ID: "picture.png". Storage ID should be an\n' in str(caught.value)
    with pytest.raises(FunctionError) as caught:
        convex.query("m:url", {"id": convex.mutation("m:other")})
    assert "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'." in str(
        caught.value
    )


def test_a_uuid_that_names_no_file_is_null(convex: Deployment) -> None:
    assert convex.query("m:url", {"id": "00000000-0000-4000-8000-000000000000"}) is None
