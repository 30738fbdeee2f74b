"""The claims of the token that the gateway has verified, with their own types.

API Gateway passes every claim as a string and flattens an array to `[a b]`, so that the group `a b`, the groups `a` and
`b`, and a group `[a b]` look alike. The token itself is still in the request's header.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

SCHEME: Final = "bearer "
IDENTITY: Final = ("sub", "jti", "iat", "exp")
"""The claims that tell one token from another."""


def verified_claims(authorization: str, verified: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims of the token in an Authorization header.

    Args:
        authorization: the header, with or without `Bearer`.
        verified: the claims that the gateway verified, as strings; empty on a route without an authorizer.

    Returns:
        The claims as the issuer wrote them; empty if the header does not hold the verified token, and only it.
    """
    claims = _payload(authorization) if verified else {}
    is_same = all(_is_same(claims.get(name), verified.get(name)) for name in IDENTITY)
    return claims if is_same else {}


def _payload(authorization: str) -> dict[str, Any]:
    token = authorization[len(SCHEME) :] if authorization.lower().startswith(SCHEME) else authorization
    parts = token.strip().split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _is_same(claim: object, verified: object) -> bool:
    """Whether a claim is the verified one. A gateway may write a number in another form."""
    if claim is None or verified is None:
        return claim is verified
    if str(claim) == str(verified):
        return True
    try:
        return not isinstance(claim, str) and Decimal(str(claim)) == Decimal(str(verified))
    except ArithmeticError:
        return False
