from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

from .lib.collections import BENEFICIARY_FIELDS, DONATION_FIELDS
from .lib.notices import category_validator, channel_validator, status_validator

schema = define_schema(
    {
        "users": define_table(
            {
                "tokenIdentifier": v.string(),
                "name": v.string(),
                "role": v.union(v.literal("staff"), v.literal("member")),
                "email": v.optional(v.string()),
                "phone": v.optional(v.string()),
            }
        ).index("by_tokenIdentifier", ["tokenIdentifier"]),
        "notifications": define_table(
            {
                "recipientId": v.id("users"),
                "channel": channel_validator,
                "category": category_validator,
                "title": v.string(),
                "body": v.string(),
                "status": status_validator,
                "attempts": v.number(),
                # When this status should have come to an end: a pending one is due then, one that is being sent has
                # had its time.
                "dueAt": v.number(),
                "sentAt": v.optional(v.number()),
                "readAt": v.optional(v.number()),
                "error": v.optional(v.string()),
            }
        )
        .index("by_recipientId", ["recipientId"])
        .index("by_status_dueAt", ["status", "dueAt"]),
        "meetings": define_table(
            {
                "title": v.string(),
                "startsAt": v.number(),
                "attendeeIds": v.array(v.id("users")),
                # The reminders that are still to come, so that a meeting can be called off.
                "reminders": v.array(v.id("_scheduled_functions")),
            }
        ),
        # One line for each name: when whatever it stands for may happen next.
        "limits": define_table({"name": v.string(), "nextAt": v.number()}).index("by_name", ["name"]),
        "verifications": define_table(
            {"userId": v.id("users"), "phone": v.string(), "code": v.string(), "expiresAt": v.number()}
        ).index("by_userId", ["userId"]),
        "beneficiaries": define_table(BENEFICIARY_FIELDS)
        .index("by_code", ["code"])
        .index("by_status", ["status"]),
        "donations": define_table(DONATION_FIELDS)
        .index("by_receipt", ["receipt"])
        .index("by_status", ["status"]),
        "auditLogs": define_table(
            {
                "actorId": v.id("users"),
                "action": v.string(),
                "subject": v.string(),
                "details": v.record(v.string(), v.union(v.string(), v.number())),
            }
        ).index("by_subject", ["subject"]),
    }
)
