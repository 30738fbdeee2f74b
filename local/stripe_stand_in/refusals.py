"""What the stand-in answers when it refuses: one exception with everything Stripe's error body says, and a function for
each kind of refusal. Knows no endpoint.
"""

import copy
from typing import Any, Final

Fields = dict[str, Any]

DOCS: Final = "https://docs.stripe.com/error-codes"


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake
    """An answer that is an error. `kept` says whether an idempotency key remembers it: Stripe keeps what happens once
    a request is being executed, not what it finds wrong before."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = True,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.headers = headers or {}
        self.error = error_fields(message, kind=kind, code=code, param=param, **more)


def error_fields(message: str, *, kind: str, code: str | None = None, **more: Any) -> Fields:
    """The fields of an error; Stripe leaves out what does not apply, so nulls are left out here."""
    doc_url = f"{DOCS}/{code.replace('_', '-')}" if code else None
    fields = {"code": code, "doc_url": doc_url, "message": message, "type": kind, **more}
    return {name: value for name, value in sorted(fields.items()) if value is not None}


def bad_parameter(message: str, code: str | None, param: str) -> Refusal:
    """A parameter that cannot be what it is, found before anything is executed."""
    return Refusal(400, message, code=code, param=param, kept=False)


def unknown_parameter(name: str) -> Refusal:
    """A parameter this version of the API does not have."""
    return bad_parameter(f"Received unknown parameter: {name}", "parameter_unknown", name)


def missing_parameter(name: str) -> Refusal:
    """A parameter the endpoint cannot do without."""
    return bad_parameter(f"Missing required param: {name}.", "parameter_missing", name)


def empty_parameter(name: str) -> Refusal:
    """An empty text where a value is needed."""
    message = f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter"
    return bad_parameter(f"{message}; however '{name}' cannot be unset.", "parameter_invalid_empty", name)


def no_such(kind: str, object_id: str, param: str, status: int = 400) -> Refusal:
    """An id nothing has: 404 for the object that the path names, 400 for one that a parameter names."""
    spoken = {"payment_method": "PaymentMethod"}.get(kind, kind)
    return Refusal(status, f"No such {spoken}: '{object_id}'", code="resource_missing", param=param)


def unexpected_state(message: str, intent: Fields) -> Refusal:
    """An operation that the intent's status does not allow; the answer shows the intent as it is now."""
    return Refusal(400, message, code="payment_intent_unexpected_state", payment_intent=copy.deepcopy(intent))


def unusable_payment_method(message: str) -> Refusal:
    """A payment method that exists, but not for this."""
    return Refusal(400, message, code="payment_method_unexpected_state", param="payment_method")


def no_api_key() -> Refusal:
    """No key was sent."""
    return Refusal(401, "You did not provide an API key. Send it as a Bearer token in Authorization.", kept=False)


def wrong_api_key(key: str) -> Refusal:
    """Another key than this account's; most of it is not repeated."""
    return Refusal(401, f"Invalid API Key provided: {key[:8]}****{key[-4:]}", kept=False)


def unknown_route(method: str, path: str) -> Refusal:
    """A path or method that is not served."""
    message = f"Unrecognized request URL ({method}: {path}). The local stand-in serves only what this project uses."
    return Refusal(404, message, kept=False)


def rate_limited() -> Refusal:
    """Too many requests; nothing was done."""
    message = "Request rate limit exceeded. Back off exponentially before you try again."
    headers = {"Stripe-Rate-Limited-Reason": "endpoint-rate"}
    return Refusal(429, message, code="rate_limit", kept=False, headers=headers)


def lock_timeout() -> Refusal:
    """The object is being changed by another request; nothing was done."""
    message = "This object cannot be accessed right now because another API request or Stripe process is accessing it."
    return Refusal(429, message, code="lock_timeout", kept=False)


def internal_error() -> Refusal:
    """Something went wrong on the server's side; what was done is not said."""
    return Refusal(500, "An unknown error occurred.", kind="api_error")
