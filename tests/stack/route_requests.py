"""Requests to every route: the ids in them, the tokens that may send them, and tokens that may not."""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.stack import Stack, save_card
from tests.stack.call_probes import deliver
from tests.stack.callbacks import sign
from tests.stack.credit_routes import PROMOTION
from tests.stack.customers import link_to_unconfirmed_payment
from tests.stack.routes import CASES, CONNECTOR, SERVICE, SWITCH
from tests.stack.test_calls import make_call

Ask = Callable[[str, str | None], httpx.Response]


def known_ids(deployed: Stack, tokens: dict[str, str]) -> dict[str, str]:
    """Return the ids in the requests: cards, a payment, and a call of the admin's account, a link to an unconfirmed
    payment, and a promotion code.
    """
    card = deployed.api.get("/payment-methods", tokens["admin"])["items"][0]["id"]
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"amount": "5.00", "payment_method_id": card}
    payment = deployed.api.send("POST", "/top-ups", tokens["admin"], body, key)
    spare = save_card(deployed, "ana@meridian-travel.example", "pm_card_mastercard")
    link = urlsplit(link_to_unconfirmed_payment(deployed)).path
    call = make_call(
        "acct_meridian", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1), line_id="line_groups"
    )
    assert deliver(deployed, call) == []
    began = quote(call["started_at"])
    of_call = {"CALL_KEY": call["call_id"], "STARTED_AT": call["started_at"], "BEGAN": began}
    code = f"ROUTES-{uuid.uuid4().hex[:12].upper()}"
    deployed.api.send("POST", "/operator/promotions", tokens["operator"], PROMOTION | {"code": code}, key)
    return {"SPARE": spare, "CARD": card, "TOP_UP": payment["id"], "LINK": link, "PROMO_CODE": code} | of_call


def asker(deployed: Stack, ids: dict[str, str]) -> Ask:
    """Return a function that sends the valid request of a route with a token."""

    def send(route: str, token: str | None) -> httpx.Response:
        method, (path, sample) = route.partition(" ")[0], CASES[route]
        body = "" if sample is None else json.dumps(sample)
        for word, value in ids.items():
            path, body = path.replace(word, value), body.replace(word, value)
        headers = {"Idempotency-Key": uuid.uuid4().hex, "Stripe-Signature": sign(body)}
        if body:
            headers["Content-Type"] = "application/json"
        return deployed.api.request(method, path, token, headers=headers, content=body)

    return send


def forge(token: str) -> str:
    """Return the token with the same header and claims, signed with another key."""
    header, payload, _ = token.split(".")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = key.sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def promote(token: str) -> str:
    """Return the token with claims of another account and the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["custom:account_id"] = "acct_halcyon"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{changed}.{signature}"


def caller(route: str) -> str:
    """Return a caller who may use a route."""
    if route in CONNECTOR:
        return "connector"
    return "switch" if route in SWITCH else "operator" if route in SERVICE else "admin"
