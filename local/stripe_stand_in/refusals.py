"""The errors of the stand-in: one exception with the fields of Stripe's error body, and a function for each kind of
error. Does not depend on endpoints.
"""

import copy
from typing import Any, Final

Fields = dict[str, Any]

DOCS: Final = "https://docs.stripe.com/error-codes"


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake
    """An error answer. `is_stored`: an idempotency key stores it. Stripe stores errors of a running request, not those
    found before it runs."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        is_stored: bool = True,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_stored = is_stored
        self.headers = headers or {}
        self.error = error_fields(message, kind=kind, code=code, param=param, **more)


def error_fields(message: str, *, kind: str, code: str | None = None, **more: Any) -> Fields:
    """Return the fields of an error without nulls: Stripe omits fields that do not apply."""
    doc_url = f"{DOCS}/{code.replace('_', '-')}" if code else None
    fields = {"code": code, "doc_url": doc_url, "message": message, "type": kind, **more}
    return {name: value for name, value in sorted(fields.items()) if value is not None}


def bad_parameter(message: str, code: str | None, param: str) -> Refusal:
    """Return the error for an invalid parameter, found before the request runs."""
    return Refusal(400, message, code=code, param=param, is_stored=False)


def unknown_parameter(name: str) -> Refusal:
    """Return the error for a parameter that this API version does not have."""
    return bad_parameter(f"Received unknown parameter: {name}", "parameter_unknown", name)


def missing_parameter(name: str) -> Refusal:
    """Return the error for a missing required parameter."""
    return bad_parameter(f"Missing required param: {name}.", "parameter_missing", name)


def empty_parameter(name: str) -> Refusal:
    """Return the error for an empty text where a value is required."""
    message = f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter"
    return bad_parameter(f"{message}; however '{name}' cannot be unset.", "parameter_invalid_empty", name)


def no_such(kind: str, object_id: str, param: str, status: int = 400) -> Refusal:
    """Return the error for an unknown id: 404 if the path names it, 400 if a parameter does."""
    name = {"payment_method": "PaymentMethod"}.get(kind, kind.removeprefix("radar."))
    return Refusal(status, f"No such {name}: '{object_id}'", code="resource_missing", param=param)


def unexpected_state(message: str, intent: Fields) -> Refusal:
    """Return the error for an operation that the intent's status does not allow; it contains the intent."""
    return Refusal(400, message, code="payment_intent_unexpected_state", payment_intent=copy.deepcopy(intent))


def unusable_payment_method(message: str) -> Refusal:
    """Return the error for a payment method that cannot be used here."""
    return Refusal(400, message, code="payment_method_unexpected_state", param="payment_method")


def no_api_key() -> Refusal:
    """Return the error for a missing API key."""
    return Refusal(401, "You did not provide an API key. Send it as a Bearer token in Authorization.", is_stored=False)


def wrong_api_key(key: str) -> Refusal:
    """Return the error for a wrong API key, which is mostly masked."""
    return Refusal(401, f"Invalid API Key provided: {key[:8]}****{key[-4:]}", is_stored=False)


def unknown_route(method: str, path: str) -> Refusal:
    """Return the error for an unknown path or method."""
    message = f"Unrecognized request URL ({method}: {path}). The local stand-in serves only what this project uses."
    return Refusal(404, message, is_stored=False)


def requested_refusal(status: int, message: str, code: str | None, param: str | None) -> Refusal:
    """Return an error that a test asked for, of the type that its status has."""
    kind = "card_error" if status == 402 else "api_error" if status >= 500 else "invalid_request_error"
    return Refusal(status, message, kind=kind, code=code, param=param)


def rate_limited() -> Refusal:
    """Return the error for too many requests; the request did not run."""
    message = "Request rate limit exceeded. Back off exponentially before you try again."
    headers = {"Stripe-Rate-Limited-Reason": "endpoint-rate"}
    return Refusal(429, message, code="rate_limit", is_stored=False, headers=headers)


def lock_timeout() -> Refusal:
    """Return the error for an object locked by another request; the request did not run."""
    message = "This object cannot be accessed right now because another API request or Stripe process is accessing it."
    return Refusal(429, message, code="lock_timeout", is_stored=False)


def internal_error() -> Refusal:
    """Return a server error; it does not say whether the request ran."""
    return Refusal(500, "An unknown error occurred.", kind="api_error")
