"""Notifications, meetings and services: what is sent, when, and what becomes of it when services fail."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, NetworkFailure, OutboundRequest, Reply
from notifications_kit import MAIL, Deploy, Services, lines, logged, notice, recipient, staff

PHONE = "0532 123 45 67"
FIRST_PAGE = {"paginationOpts": {"numItems": 10, "cursor": None}}


def status(convex: Deployment, notification: str) -> str:
    found = convex.db.get(notification)
    assert found is not None
    return str(found["status"])


def seconds_since(start: int, requests: list[OutboundRequest]) -> list[float]:
    return [(request.time_ms - start) / 1000 for request in requests]


# --- notifications and their statuses --------------------------------------------------------------------


def test_a_notification_is_pending_then_sent_then_read(convex: Deployment, services: Services) -> None:
    ada, bo = staff(convex), recipient(convex)
    services.answer = lambda _: Reply(latency_ms=300)
    created = ada.mutation("notifications:create", notice(bo))
    seen = [status(convex, created)]
    convex.advance(milliseconds=299)
    seen.append(status(convex, created))
    convex.advance(milliseconds=1)
    seen.append(status(convex, created))
    convex.as_user(subject="bo").mutation("notifications:acknowledge", {"id": created})
    seen.append(status(convex, created))
    assert seen == ["pending", "sending", "sent", "read"]


def test_an_email_is_made_from_a_template(convex: Deployment, services: Services) -> None:
    created = staff(convex).mutation("notifications:create", notice(recipient(convex)))
    convex.run_until_idle()
    assert services.delivered == {
        created: {
            "from": "office@example.com",
            "to": "bo@example.com",
            "subject": "A task",
            "text": "Bo, there is work for you",
        }
    }


def test_who_joins_is_welcomed_once(convex: Deployment, services: Services) -> None:
    eve = convex.as_user(subject="eve")
    users = [eve.mutation("people:join", {"name": "Eve", "email": "eve@example.com"}) for _ in range(2)]
    convex.run_until_idle()
    assert users[0] == users[1]
    assert [letter["subject"] for letter in services.delivered.values()] == ["Welcome, Eve"]


def test_a_notification_for_later_waits(convex: Deployment, services: Services) -> None:
    created = staff(convex).mutation("notifications:create", notice(recipient(convex), delayMs=3_600_000))
    convex.advance(minutes=59, seconds=59)
    assert (status(convex, created), services.requests) == ("pending", [])
    convex.advance(seconds=1)
    assert status(convex, created) == "sent"


def test_everybody_sees_their_own_notifications_the_newest_first(
    convex: Deployment, services: Services
) -> None:
    ada, bo, cy = staff(convex), recipient(convex), recipient(convex, "Cy")
    for title, who in (("one", bo), ("two", cy), ("three", bo)):
        ada.mutation("notifications:create", notice(who, title=title))
    convex.run_until_idle()
    page = convex.as_user(subject="bo").query("notifications:mine", FIRST_PAGE)["page"]
    assert [(found["title"], found["status"]) for found in page] == [("three", "sent"), ("one", "sent")]


def test_nobody_reads_the_notifications_of_others(convex: Deployment, services: Services) -> None:
    created = staff(convex).mutation("notifications:create", notice(recipient(convex)))
    recipient(convex, "Cy")
    convex.run_until_idle()
    with pytest.raises(ConvexError) as caught:
        convex.as_user(subject="cy").mutation("notifications:acknowledge", {"id": created})
    assert caught.value.data == {"code": "no-such-notification"}
    assert status(convex, created) == "sent"


@pytest.mark.parametrize(
    ("subject", "code"), [(None, "not-logged-in"), ("eve", "not-a-member"), ("bo", "not-staff")]
)
def test_only_staff_notifies(convex: Deployment, subject: str | None, code: str) -> None:
    staff(convex)
    caller = convex if subject is None else convex.as_user(subject=subject)
    bo = recipient(convex)
    with pytest.raises(ConvexError) as caught:
        caller.mutation("notifications:create", notice(bo))
    assert caught.value.data == {"code": code}
    assert convex.db.table("notifications") == []


def test_who_has_no_phone_gets_no_sms(convex: Deployment, services: Services) -> None:
    created = staff(convex).mutation("notifications:create", notice(recipient(convex), "sms"))
    convex.run_until_idle()
    found: Any = convex.db.get(created)
    assert (found["status"], found["error"], services.requests) == ("failed", "no address", [])


# --- failures and retries --------------------------------------------------------------------------------


def test_a_service_that_is_down_is_asked_again_at_growing_distances(
    convex: Deployment, services: Services
) -> None:
    services.answer = lambda _: Reply(status=503)
    start = convex.now
    created = staff(convex).mutation("notifications:create", notice(recipient(convex)))
    convex.run_until_idle()
    assert seconds_since(start, services.requests) == [0, 30, 90, 210, 450]
    found: Any = convex.db.get(created)
    assert (found["status"], found["attempts"], found["error"]) == ("failed", 5, "status 503")


def test_a_service_that_comes_back_gets_the_message_once(convex: Deployment, services: Services) -> None:
    answers = iter([NetworkFailure(), Reply(status=429)])
    services.answer = lambda _: next(answers, Reply())
    created = staff(convex).mutation("notifications:create", notice(recipient(convex)))
    convex.run_until_idle()
    found: Any = convex.db.get(created)
    assert (found["status"], found["attempts"], "error" in found) == ("sent", 3, False)
    assert list(services.delivered) == [created]
    assert logged(convex) == [
        "'no e-mail to bo@example.com: out of reach'",
        "'no e-mail to bo@example.com: status 429'",
    ]


def test_a_message_that_is_refused_is_not_sent_again(convex: Deployment, services: Services) -> None:
    services.answer = lambda _: Reply(status=422)
    created = staff(convex).mutation("notifications:create", notice(recipient(convex)))
    convex.run_until_idle()
    assert (status(convex, created), len(services.requests)) == ("failed", 1)


def test_without_configuration_messages_are_skipped_with_a_warning(language: str, deploy: Deploy) -> None:
    convex = deploy(language, env={})
    ada, bo = staff(convex), recipient(convex, phone=PHONE)
    created = [ada.mutation("notifications:create", notice(bo, channel)) for channel in ("email", "sms")]
    convex.run_until_idle()
    assert [status(convex, notification) for notification in created] == ["skipped", "skipped"]
    assert sorted(logged(convex)) == [
        "'SMS is not configured: set SMS_ACCOUNT, SMS_TOKEN and SMS_FROM'",
        "'e-mail is not configured: set EMAIL_API_KEY and EMAIL_FROM'",
    ]


def test_what_died_on_the_way_is_found_and_sent_once(convex: Deployment, services: Services) -> None:
    ada, bo = staff(convex), recipient(convex)
    broken = convex.stub("delivery:settle", raises=RuntimeError("the machine is gone"))
    created = ada.mutation("notifications:create", notice(bo))
    convex.advance(minutes=1)
    broken.restore()
    assert (status(convex, created), len(services.requests)) == ("sending", 1)
    convex.advance(minutes=30)
    assert (status(convex, created), len(services.requests), len(services.delivered)) == ("sent", 2, 1)


def test_what_was_never_begun_is_found(convex: Deployment, services: Services) -> None:
    ada, bo = staff(convex), recipient(convex)
    broken = convex.stub("delivery:claim", raises=RuntimeError("the machine is gone"))
    created = ada.mutation("notifications:create", notice(bo))
    convex.advance(minutes=1)
    broken.restore()
    assert (status(convex, created), services.requests) == ("pending", [])
    convex.advance(minutes=31)
    assert status(convex, created) == "sent"


# --- meetings: days -----------------------------------------------------------------------------------------


def meeting_in(convex: Deployment, days: float, *attendees: str) -> dict[str, Any]:
    start = convex.now + round(days * 86_400_000)
    return {"title": "Plans", "startsAt": start, "attendeeIds": list(attendees)}


def test_meetings_remind_a_day_and_an_hour_before(convex: Deployment, services: Services) -> None:
    ada, bo, cy = staff(convex), recipient(convex), recipient(convex, "Cy")
    start = convex.now
    ada.mutation("meetings:announce", meeting_in(convex, 7, bo, cy))
    convex.advance(days=8)
    told = [
        (round(at / 3600, 3), request.json()["text"])
        for at, request in zip(seconds_since(start, services.requests), services.requests, strict=True)
    ]
    assert sorted(told) == [
        (6 * 24, "Bo, the meeting is tomorrow"),
        (6 * 24, "Cy, the meeting is tomorrow"),
        (7 * 24 - 1, "Bo, the meeting is in an hour"),
        (7 * 24 - 1, "Cy, the meeting is in an hour"),
    ]


def test_a_meeting_that_is_near_reminds_of_what_is_left(convex: Deployment, services: Services) -> None:
    staff(convex).mutation("meetings:announce", meeting_in(convex, 0.5, recipient(convex)))
    convex.advance(days=1)
    assert [sent["text"] for sent in services.delivered.values()] == ["Bo, the meeting is in an hour"]


def test_a_meeting_that_is_called_off_reminds_nobody(convex: Deployment, services: Services) -> None:
    ada = staff(convex)
    meeting = ada.mutation("meetings:announce", meeting_in(convex, 7, recipient(convex)))
    convex.advance(days=6, hours=1)
    ada.mutation("meetings:cancel", {"id": meeting})
    convex.advance(days=1)
    assert [sent["text"] for sent in services.delivered.values()] == ["Bo, the meeting is tomorrow"]


# --- many at once -------------------------------------------------------------------------------------------


def test_a_mailing_isolates_the_addresses_that_fail(convex: Deployment, services: Services) -> None:
    services.answer = lambda request: Reply(status=422 if request.json()["to"] == "b@x.org" else 200)
    to = ["a@x.org", "b@x.org", "c@x.org"]
    found = staff(convex).action(
        "bulk:emails", {"recipients": to, "subject": "News", "text": "All is well", "key": "news-1"}
    )
    assert found == {
        "success": 2,
        "failed": 1,
        "results": [
            {"to": "a@x.org", "ok": True},
            {"to": "b@x.org", "ok": False, "error": "status 422"},
            {"to": "c@x.org", "ok": True},
        ],
    }
    assert lines(convex, "emails") == [("bulk e-mail", {"key": "news-1", "success": 2, "failed": 1})]


def test_a_mailing_goes_out_eight_at_a_time(convex: Deployment, services: Services) -> None:
    services.answer = lambda _: Reply(latency_ms=1000)
    ada, start = staff(convex), convex.now
    to = [f"p{number}@x.org" for number in range(20)]
    ada.action("bulk:emails", {"recipients": to, "subject": "News", "text": "…", "key": "news-1"})
    assert seconds_since(start, services.requests) == [0] * 8 + [1] * 8 + [2] * 4
    assert convex.now - start == 3000


def test_a_mailing_that_is_repeated_writes_to_nobody_twice(convex: Deployment, services: Services) -> None:
    ada = staff(convex)
    mailing = {"recipients": ["a@x.org"], "subject": "News", "text": "…", "key": "news-1"}
    for _ in range(2):
        ada.action("bulk:emails", mailing)
    assert (len(services.requests), list(services.delivered)) == (2, ["news-1/a@x.org"])


def test_texts_are_a_second_apart(convex: Deployment, services: Services) -> None:
    ada, start = staff(convex), convex.now
    to = [f"+90532000000{number}" for number in range(4)]
    found = ada.action("bulk:texts", {"recipients": to, "message": "Snow!", "key": "snow"})
    assert found["success"] == 4
    assert seconds_since(start, services.requests) == [0, 1, 2, 3]


def test_texts_and_notifications_share_one_limit(convex: Deployment, services: Services) -> None:
    ada, start = staff(convex), convex.now
    bo = recipient(convex, phone=PHONE)
    for _ in range(5):
        ada.mutation("notifications:create", notice(bo, "sms"))
    ada.action("bulk:texts", {"recipients": ["5321234567"], "message": "Snow!", "key": "snow"})
    convex.run_until_idle()
    # Those who collide on the way to their turn are a part of a millisecond late.
    assert [round(at, 2) for at in seconds_since(start, services.requests)] == [0, 1, 2, 3, 4, 5]


def test_an_overloaded_service_is_asked_again_within_a_mailing(
    convex: Deployment, services: Services
) -> None:
    services.answer = lambda _: Reply(status=429)
    ada, start = staff(convex), convex.now
    found = ada.action(
        "bulk:texts", {"recipients": ["5321234567", "12345"], "message": "Snow!", "key": "snow"}
    )
    assert found["results"] == [
        {"to": "5321234567", "ok": False, "error": "status 429"},
        {"to": "12345", "ok": False, "error": "no Turkish mobile number: 12345"},
    ]
    assert seconds_since(start, services.requests) == [0, 1, 3]


def test_a_mailing_without_configuration_says_so(language: str, deploy: Deploy) -> None:
    convex = deploy(language, env={})
    found = staff(convex).action(
        "bulk:emails", {"recipients": ["a@x.org"], "subject": "News", "text": "…", "key": "news-1"}
    )
    assert found["results"] == [{"to": "a@x.org", "ok": False, "error": "e-mail is not configured"}]


def test_a_mailing_has_at_most_a_hundred_recipients(convex: Deployment, services: Services) -> None:
    with pytest.raises(ConvexError) as caught:
        staff(convex).action(
            "bulk:texts", {"recipients": ["5321234567"] * 101, "message": "Snow!", "key": "snow"}
        )
    assert caught.value.data == {"code": "too-many-recipients", "most": 100}
    assert services.requests == []


# --- phones -------------------------------------------------------------------------------------------------


def code_sent(services: Services) -> str:
    return str(services.requests[-1].json()["message"])[len("Your code is ") :][:6]


def test_a_phone_is_known_once_its_code_came_back(convex: Deployment, services: Services) -> None:
    user = recipient(convex)
    bo = convex.as_user(subject="bo")
    bo.mutation("verification:request", {"phone": PHONE})
    convex.run_until_idle()
    assert bo.mutation("verification:confirm", {"code": code_sent(services)})
    found: Any = convex.db.get(user)
    assert found["phone"] == "+905321234567"
    assert convex.db.table("verifications") == []


def test_a_wrong_code_cannot_be_tried_twice(convex: Deployment, services: Services) -> None:
    recipient(convex)
    bo = convex.as_user(subject="bo")
    bo.mutation("verification:request", {"phone": PHONE})
    convex.run_until_idle()
    assert not bo.mutation("verification:confirm", {"code": "wrong!"})
    assert not bo.mutation("verification:confirm", {"code": code_sent(services)})


def test_a_code_is_good_for_ten_minutes(convex: Deployment, services: Services) -> None:
    recipient(convex)
    bo = convex.as_user(subject="bo")
    bo.mutation("verification:request", {"phone": PHONE})
    convex.advance(minutes=10, milliseconds=1)
    assert not bo.mutation("verification:confirm", {"code": code_sent(services)})


def test_codes_are_sent_once_a_minute(convex: Deployment, services: Services) -> None:
    recipient(convex)
    bo = convex.as_user(subject="bo")
    bo.mutation("verification:request", {"phone": PHONE})
    convex.advance(seconds=20)
    with pytest.raises(ConvexError) as caught:
        bo.mutation("verification:request", {"phone": PHONE})
    assert caught.value.data == {"code": "rate-limited", "retryAfterMs": 40_000}
    convex.advance(seconds=40)
    bo.mutation("verification:request", {"phone": PHONE})
    convex.run_until_idle()
    assert len(services.requests) == 2
    assert len(convex.db.table("verifications")) == 1


@pytest.mark.parametrize("phone", ["05321234567", "532 123 45 67", "+90 (532) 123-45-67", "0090.532.1234567"])
def test_turkish_mobile_numbers_are_understood(convex: Deployment, services: Services, phone: str) -> None:
    staff(convex).action("bulk:texts", {"recipients": [phone], "message": "Hi", "key": "hi"})
    assert [request.json()["to"] for request in services.requests] == ["+905321234567"]


@pytest.mark.parametrize("phone", ["", "0212 123 45 67", "+49 171 1234567", "532123456", "05321234567x"])
def test_other_numbers_are_refused(convex: Deployment, services: Services, phone: str) -> None:
    recipient(convex)
    with pytest.raises(ConvexError) as caught:
        convex.as_user(subject="bo").mutation("verification:request", {"phone": phone})
    assert caught.value.data == {"code": "invalid-phone", "phone": phone}


def test_services_are_given_their_credentials(convex: Deployment, services: Services) -> None:
    staff(convex).action("bulk:emails", {"recipients": ["a@x.org"], "subject": "", "text": "", "key": "k"})
    (request,) = services.requests
    assert (request.url, request.header("Authorization")) == (MAIL, "Bearer mail-key")
