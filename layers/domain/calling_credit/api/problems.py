"""Converts every error into an HTTP answer: RFC 9457 problem details with a stable `code`."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from calling_credit import errors
from calling_credit.dynamodb.unreadable import UnreadableItem

PROBLEM_JSON: Final = "application/problem+json"
_STATUS: Final = {
    errors.BadRequest: (400, "Bad request"),
    errors.Forbidden: (403, "Forbidden"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "Conflict"),
    errors.InProgress: (409, "Conflict"),
    errors.PayloadTooLarge: (413, "Payload too large"),
    errors.InvalidValue: (422, "Value not allowed"),
    errors.TooManyRequests: (429, "Too many requests"),
    errors.Unavailable: (503, "Unavailable"),
    UnreadableItem: (500, "Unreadable item"),
}


def problem(error: errors.CallingCreditError) -> Response[str]:
    """Return `{type, title, status, code, detail}` and the error's further members, with Retry-After for errors that
    waiting may resolve.
    """
    status, title = _STATUS[type(error)]
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.Unavailable | errors.InProgress | errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return _answer(status, title, error.code, error.detail, headers, error.extra)


def internal_error() -> Response[str]:
    """Return the answer to an unexpected error. It reveals no detail; the log has them."""
    detail = (
        "Something went wrong on our side. Retry the request. If it keeps failing, contact support and include the "
        "time."
    )
    return _answer(500, "Internal error", errors.ProblemCode.INTERNAL_ERROR, detail, {"Cache-Control": "no-store"})


def _answer(
    status: int,
    title: str,
    code: errors.ProblemCode,
    detail: str,
    headers: dict[str, str],
    extra: Mapping[str, Any] | None = None,
) -> Response[str]:
    body = {**(extra or {}), "type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return Response(status_code=status, content_type=PROBLEM_JSON, body=json.dumps(body), headers=dict(headers))
