"""The claims of the token that the gateway verified."""

import base64
import json
from typing import Any

import pytest

from calling_credit.api.verified_token import verified_claims

CLAIMS: dict[str, Any] = {
    "sub": "s1",
    "jti": "j1",
    "iat": 1_795_435_000,
    "exp": 1_795_435_900,
    "cognito:groups": ["team billing_admin"],
    "email_verified": True,
}
VERIFIED = {
    "sub": "s1",
    "jti": "j1",
    "iat": "1795435000",
    "exp": "1795435900",
    "cognito:groups": "[team billing_admin]",
}


def token(claims: Any, *, padding: str = "") -> str:
    return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}{padding}.s"


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "Bearer  ", ""])
def test_arrays_keep_their_members(scheme: str) -> None:
    assert verified_claims(scheme + token(CLAIMS), VERIFIED) == CLAIMS


def test_padding_and_other_forms_of_a_number_are_accepted() -> None:
    assert verified_claims(token(CLAIMS, padding="="), VERIFIED) == CLAIMS
    assert verified_claims(token(CLAIMS), VERIFIED | {"iat": "1.795435E9"}) == CLAIMS


def test_a_provider_without_token_ids_is_accepted() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "jti"}
    verified = {name: value for name, value in VERIFIED.items() if name != "jti"}
    assert verified_claims(token(claims), verified) == claims


def test_nothing_is_read_on_a_route_without_an_authorizer() -> None:
    assert verified_claims(f"Bearer {token(CLAIMS)}", {}) == {}


@pytest.mark.parametrize("name", ["sub", "jti", "iat", "exp"])
def test_another_token_is_not_read(name: str) -> None:
    values: list[Any] = [7, "7", None, [], True]
    for value in values:
        assert verified_claims(token(CLAIMS | {name: value}), VERIFIED) == {}
    missing = {key: value for key, value in CLAIMS.items() if key != name}
    assert verified_claims(token(missing), VERIFIED) == {}
    unverified = {key: value for key, value in VERIFIED.items() if key != name}
    assert verified_claims(token(CLAIMS), unverified) == {}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer e30",
        "a.b",
        "a.b.c.d",
        "a.!!!.c",
        token([]),
        token("text"),
        f"Bearer {token(CLAIMS)},Bearer {token(CLAIMS)}",
        "h." + base64.urlsafe_b64encode(b"[" * 60_000).decode() + ".s",
        "h." + base64.urlsafe_b64encode(b"\xff").decode() + ".s",
        "h.\u00e9.s",
    ],
)
def test_a_header_that_holds_no_single_token_gives_no_claims(header: str) -> None:
    assert verified_claims(header, VERIFIED) == {}
