"""Who sends a request: the token in its `Authorization` header, made here and read here (semantics §10, §11)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import msgspec
from biconvex.sim.runtime import Identity, InvalidToken

__all__ = ["identity_of", "token_of"]

_SCHEME: Final = "bearer "
_KEY: Final = b"biconvex"
_HEADER: Final = {"alg": "none", "typ": "JWT"}
_INVALID: Final = "InvalidAuthHeader"
_UNREADABLE: Final = (
    "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated "
    "by dots."
)
_NO_ISSUER: Final = (
    "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your "
    "configured auth providers."
)


def token_of(claims: Mapping[str, Any]) -> str:
    """A token that stands for a user with these claims, shaped like a JWT. The same claims have the same token."""
    content = {**claims, "iss": claims["issuer"], "sub": claims["subject"]}
    signed = f"{_encoded(_HEADER)}.{_encoded(content)}"
    return f"{signed}.{_signature(signed)}"


def identity_of(header: str | None) -> Identity:
    """Who sends a request with this `Authorization` header; an `InvalidToken` where no user can be made out."""
    if header is None:
        return None
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return InvalidToken(_INVALID, "Header must begin with `bearer `")
    token = header[len(_SCHEME) :].strip()
    signed, _, signature = token.rpartition(".")
    try:
        content = msgspec.json.decode(_decoded(signed.split(".")[1]))
    except (IndexError, ValueError):
        return InvalidToken(_INVALID, _UNREADABLE)
    if not isinstance(content, dict):
        return InvalidToken(_INVALID, _UNREADABLE)
    if not isinstance(content.get("iss"), str):
        return InvalidToken(_INVALID, _NO_ISSUER)
    if signature != _signature(signed):
        return InvalidToken("NoAuthProvider", "No auth provider found matching the given token")
    return {name: value for name, value in content.items() if name not in {"iss", "sub"}}


def _encoded(content: Any) -> str:
    return urlsafe_b64encode(msgspec.json.encode(content)).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signature(signed: str) -> str:
    digest = blake2b(signed.encode(), digest_size=16, key=_KEY).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
