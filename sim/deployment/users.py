"""Users as tests log them in: claims in Convex's names (semantics §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from biconvex.sim.values import UsageError

__all__ = ["user_claims"]

_ISSUER: Final = "https://biconvex.example"
_TEXTS: Final = (
    "tokenIdentifier", "issuer", "subject", "name", "givenName", "familyName", "nickname", "preferredUsername",
    "profileUrl", "pictureUrl", "websiteUrl", "email", "gender", "birthday", "timezone", "language", "phoneNumber",
    "address", "updatedAt",
)  # fmt: skip
_FLAGS: Final = ("emailVerified", "phoneNumberVerified")


def user_claims(given: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a user, whole: `issuer` and `tokenIdentifier` (`issuer|subject`) are added, what is None is absent.

    Raises `UsageError` without a subject, for a claim of Convex's own that is of another type, and for what isn't JSON.
    """
    claims = {
        name: value for name, value in given.items() if value is not None or name not in _TEXTS + _FLAGS
    }
    if not claims.get("subject"):
        raise UsageError('as_user needs a subject: convex.as_user(subject="u1")')
    for names, kind, words in ((_TEXTS, str, "text"), (_FLAGS, bool, "true or false")):
        for name in names:
            if name in claims and not isinstance(claims[name], kind):
                raise UsageError(f"as_user: {name} is {words}, not {claims[name]!r}")
    issuer = claims.setdefault("issuer", _ISSUER)
    claims.setdefault("tokenIdentifier", f"{issuer}|{claims['subject']}")
    try:
        msgspec.json.encode(claims)
    except TypeError as error:
        raise UsageError(f"as_user: the claims must be JSON: {error}") from None
    return claims
