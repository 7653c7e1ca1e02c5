"""Who calls, in both languages: claims, what passes them on and what doesn't, and tokens in requests (semantics §11)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from biconvex.sim import Deployment, UsageError

TYPESCRIPT = {
    "http": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/who", method: "GET", handler: httpAction(async (ctx) => Response.json((await ctx.auth.getUserIdentity())?.subject ?? null)) });
http.route({ path: "/below", method: "GET", handler: httpAction(async (ctx) => Response.json(await ctx.runQuery(internal.m.below, {}))) });
http.route({ path: "/token", method: "GET", handler: httpAction(async (ctx, request) => Response.json(request.headers.get("Authorization"))) });
http.route({ path: "/caught", method: "GET", handler: httpAction(async (ctx) => {
  try { await ctx.auth.getUserIdentity(); } catch (error: any) { return new Response(error.message, { status: 401 }); }
  return new Response("known");
}) });
export default http;
""",
    "crons": """
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
crons.interval("note", { hours: 1 }, internal.m.note, { by: "cron" });
export default crons;
""",
    "m": """
export const who = query({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });
export const below = internalQuery({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null });
export const note = internalMutation({ args: { by: v.string() }, handler: async (ctx, { by }) => { await ctx.db.insert("notes", { by, who: (await ctx.auth.getUserIdentity())?.subject ?? null }); } });
export const noteAction = internalAction({ args: { by: v.string() }, handler: async (ctx, { by }) => { await ctx.runMutation(internal.m.note, { by }); } });
export const nested = mutation({ args: {}, handler: async (ctx): Promise<any> => [await ctx.runQuery(internal.m.below, {}), await ctx.runMutation(internal.m.note, { by: "nested" })] });
export const all = action({ args: {}, handler: async (ctx): Promise<any> => {
  await ctx.runMutation(internal.m.note, { by: "mutation" });
  await ctx.runAction(internal.m.noteAction, { by: "action" });
  await ctx.scheduler.runAfter(0, internal.m.note, { by: "job" });
  await ctx.scheduler.runAfter(0, internal.m.noteAction, { by: "job action" });
  return await ctx.runQuery(internal.m.below, {});
} });
""",
}
PYTHON = {
    "http": """
http = http_router()

@http_action
async def who(ctx, request):
    identity = await ctx.auth.get_user_identity()
    return Response(json=identity and identity["subject"])

@http_action
async def below(ctx, request): return Response(json=await ctx.run_query(internal.m.below))

@http_action
async def token(ctx, request): return Response(json=request.headers.get("Authorization"))

@http_action
async def caught(ctx, request):
    try:
        await ctx.auth.get_user_identity()
    except Exception as error:
        return Response(str(error), status=401)
    return Response("known")

http.route(path="/who", method="GET", handler=who)
http.route(path="/below", method="GET", handler=below)
http.route(path="/token", method="GET", handler=token)
http.route(path="/caught", method="GET", handler=caught)
""",
    "crons": """
crons = cron_jobs()
crons.interval("note", {"hours": 1}, internal.m.note, {"by": "cron"})
""",
    "m": """
async def subject(ctx):
    identity = await ctx.auth.get_user_identity()
    return identity and identity["subject"]

@query(args={})
async def who(ctx, args): return await ctx.auth.get_user_identity()

@internal_query(args={})
async def below(ctx, args): return await subject(ctx)

BY = {"by": v.string()}

@internal_mutation(args=BY)
async def note(ctx, args): await ctx.db.insert("notes", {**args, "who": await subject(ctx)})

@internal_action(args=BY)
async def noteAction(ctx, args): await ctx.run_mutation(internal.m.note, args)

@mutation(args={})
async def nested(ctx, args):
    return [await ctx.run_query(internal.m.below), await ctx.run_mutation(internal.m.note, {"by": "nested"})]

@action(args={})
async def all(ctx, args):
    await ctx.run_mutation(internal.m.note, {"by": "mutation"})
    await ctx.run_action(internal.m.noteAction, {"by": "action"})
    await ctx.scheduler.run_after(0, internal.m.note, {"by": "job"})
    await ctx.scheduler.run_after(0, internal.m.noteAction, {"by": "job action"})
    return await ctx.run_query(internal.m.below)
""",
}


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    return made


def notes(convex: Deployment) -> dict[str, Any]:
    return {row["by"]: row["who"] for row in convex.db.table("notes")}


# --- claims ----------------------------------------------------------------------------------------------


def test_a_user_has_a_token_identifier_of_issuer_and_subject_and_no_claims_that_were_not_given(
    convex: Deployment,
) -> None:
    assert convex.query("m:who") is None
    assert convex.as_user(subject="u1", issuer="https://login.example.com").query("m:who") == {
        "subject": "u1",
        "issuer": "https://login.example.com",
        "tokenIdentifier": "https://login.example.com|u1",
    }


def test_claims_of_convex_and_custom_ones_stand_side_by_side(convex: Deployment) -> None:
    ada = convex.as_user(
        subject="ada",
        name="Ada",
        emailVerified=True,
        email=None,
        tokenIdentifier="other|ada",
        role="admin",
        org={"id": 5, "teams": ["a", None]},
    )
    assert ada.query("m:who") == {
        "subject": "ada",
        "issuer": "https://biconvex.example",
        "tokenIdentifier": "other|ada",
        "name": "Ada",
        "emailVerified": True,
        "role": "admin",
        "org": {"id": 5, "teams": ["a", None]},
    }


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"name": "Ada"}, 'as_user needs a subject: convex.as_user(subject="u1")'),
        ({"subject": 5}, "as_user: subject is text, not 5"),
        ({"subject": "u1", "emailVerified": "yes"}, "as_user: emailVerified is true or false, not 'yes'"),
    ],
)
def test_claims_that_no_provider_makes_are_refused(convex: Deployment, claims: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        convex.as_user(**claims)
    assert str(caught.value) == message


# --- what passes it on -----------------------------------------------------------------------------------


def test_functions_that_an_action_runs_have_its_identity_and_those_it_schedules_have_none(
    convex: Deployment,
) -> None:
    assert convex.as_user(subject="ada").action("m:all") == "ada"
    convex.advance(minutes=1)
    assert notes(convex) == {
        "cron": None,
        "mutation": "ada",
        "action": "ada",
        "job": None,
        "job action": None,
    }


def test_functions_within_a_mutation_have_its_identity(convex: Deployment) -> None:
    assert convex.as_user(subject="ada").mutation("m:nested") == ["ada", None]
    assert notes(convex)["nested"] == "ada"


def test_two_users_are_told_apart_and_the_admin_is_nobody(convex: Deployment) -> None:
    ada, bob = convex.as_user(subject="ada"), convex.as_user(subject="bob")
    assert [ada.query("m:who")["subject"], bob.query("m:who")["subject"]] == ["ada", "bob"]
    assert convex.as_admin().query("m:who") is None


# --- tokens ----------------------------------------------------------------------------------------------


def test_an_http_action_knows_a_user_by_the_header(convex: Deployment) -> None:
    ada = convex.as_user(subject="ada")
    assert ada.fetch("/who").json() == "ada"
    assert ada.fetch("/token").json() == f"Bearer {ada.token}"
    assert convex.fetch("/who", headers={"authorization": f"bearer {ada.token}"}).json() == "ada"
    assert convex.fetch("/who").json() is None
    assert ada.fetch("/below").json() == "ada"


def test_a_header_of_ones_own_goes_before_that_of_the_user(convex: Deployment) -> None:
    ada, bob = convex.as_user(subject="ada"), convex.as_user(subject="bob")
    assert ada.fetch("/who", headers={"Authorization": f"Bearer {bob.token}"}).json() == "bob"


def _bearer(payload: str) -> str:
    return f"Bearer e30.{urlsafe_b64encode(payload.encode()).decode().rstrip('=')}.x"


INVALID = {
    "another scheme": ("Basic dTpw", "Header must begin with `bearer `"),
    "no token": (
        "Bearer secret",
        (
            "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts "
            "separated by dots."
        ),
    ),
    "no issuer": (
        _bearer("{}"),
        (
            "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your "
            "configured auth providers."
        ),
    ),
    "somebody else's": (
        _bearer('{"iss":"https://a.example","sub":"u"}'),
        "No auth provider found matching the given token",
    ),
}


@pytest.mark.parametrize(("header", "message"), INVALID.values(), ids=INVALID)
def test_a_token_that_is_not_valid_fails_where_it_is_asked_who_it_is(
    convex: Deployment, header: str, message: str
) -> None:
    headers = {"Authorization": header}
    assert convex.fetch("/token", headers=headers).json() == header
    caught = convex.fetch("/caught", headers=headers)
    assert (caught.status, caught.text) == (401, message)
    refused = convex.fetch("/who", headers=headers)
    assert (refused.status, message in refused.json()["code"]) == (500, True)


def test_a_call_by_http_with_a_token_that_is_not_valid_is_refused(convex: Deployment) -> None:
    url, call = "https://anonymous-biconvex.convex.cloud/api/query", {"path": "m:who", "args": {}}
    known = convex.as_user(subject="ada").fetch(url, method="POST", json=call)
    assert known.json()["value"]["subject"] == "ada"
    refused = convex.fetch(url, method="POST", json=call, headers={"Authorization": "Basic dTpw"})
    assert (refused.status, refused.json()) == (
        401,
        {"code": "InvalidAuthHeader", "message": "Header must begin with `bearer `"},
    )


def test_only_users_have_tokens(convex: Deployment) -> None:
    with pytest.raises(UsageError) as caught:
        _ = convex.as_admin().token
    assert str(caught.value) == "only a user has a token: convex.as_user(subject=…).token"
