"""The resolver of every HTTP function: converts errors into problem details, and reads bodies and queries."""

import json
from typing import Any, Final, NoReturn

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from calling_credit.api.problems import internal_error, problem
from calling_credit.api.verified_token import verified_claims
from calling_credit.correlation import correlated
from calling_credit.dynamodb.errors import AWS_ERRORS, error_code, translate_error
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_report import log_unreadable
from calling_credit.errors import BadRequest, CallingCreditError, InvalidValue, NotFound, PayloadTooLarge, ProblemCode
from calling_credit.metrics import emit
from calling_credit.unique_keys import DuplicateKeyError, shown_key, unique_keys

MAX_BODY_BYTES: Final = 64 * 1024
MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50
MAX_KEY_CHARACTERS: Final = 255


class LoggingResolver(APIGatewayHttpResolver):
    """A resolver whose function writes the request's id, which the access log has too, into each line of its log."""

    def __init__(self, logger: Logger) -> None:
        super().__init__()
        self._logger = logger

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer one request."""
        request_id = event.get("requestContext", {}).get("requestId")
        self._logger.append_keys(request_id=request_id)
        with correlated(request_id):
            return super().resolve(event, context)

    def report_unreadable(self, item: UnreadableItem) -> None:
        """Log and count an unreadable item that an answer leaves out."""
        report_unreadable(self, self._logger, item)


def http_resolver(logger: Logger) -> LoggingResolver:
    """Return a resolver that answers callers' errors and logs internal ones, without bodies, tokens, or numbers."""
    app = LoggingResolver(logger)

    def answer_error(error: CallingCreditError) -> Response[str]:
        cause = error.__cause__
        aws_code = error_code(cause) or type(cause).__name__ if isinstance(cause, AWS_ERRORS) else None
        if isinstance(error, UnreadableItem):
            report_unreadable(app, logger, error)
        logger.info("refused", code=error.code, route=app.current_event.route_key, aws_code=aws_code)
        return problem(error)

    def answer_unknown_address(_: NotFoundError) -> Response[str]:
        return answer_error(
            NotFound(
                ProblemCode.UNKNOWN_ADDRESS,
                "There is no such address; ids contain only letters, digits, and _ . : @ + -.",
            )
        )

    def answer_aws_error(error: Exception) -> Response[str]:
        translation = translate_error(error)
        if isinstance(translation, CallingCreditError):
            return answer_error(translation)
        logger.error("aws_error", code=error_code(error) or type(error).__name__, route=app.current_event.route_key)
        return internal_error()

    def answer_unexpected(error: Exception) -> Response[str]:
        logger.error("unforeseen_error", exc_info=error, route=app.current_event.route_key)
        return internal_error()

    app.exception_handler(CallingCreditError)(answer_error)
    app.exception_handler(NotFoundError)(answer_unknown_address)
    app.exception_handler(list(AWS_ERRORS))(answer_aws_error)
    app.exception_handler(Exception)(answer_unexpected)
    return app


def report_unreadable(app: APIGatewayHttpResolver, logger: Logger, item: UnreadableItem) -> None:
    """Log and count an unreadable item that a request has found. A request does not list it."""
    log_unreadable(logger, item, app.current_event.route_key)
    emit(Metrics(service="api"), {"unreadable_items": 1})


SMALLEST_GZIP: Final = 1_400
"""Characters of an answer from which compression saves a packet (a packet of Ethernet holds about as many bytes)."""


def answer(body: dict[str, Any], status: int = 200) -> Response[str]:
    """Return a JSON answer that must not be cached; a long one is compressed for clients that accept gzip."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(
        status_code=status,
        content_type="application/json",
        body=text,
        headers={"Cache-Control": "no-store"},
        compress=len(text) >= SMALLEST_GZIP,
    )


def wants_csv(app: APIGatewayHttpResolver) -> bool:
    """Return whether the request asks for `text/csv`."""
    return "text/csv" in app.current_event.headers.get("accept", "").lower()


def csv_answer(text: str, next_cursor: str | None) -> Response[str]:
    """Return a page of CSV; `X-Next-Cursor` holds the cursor of the next page."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="usage.csv"'}
    if next_cursor is not None:
        headers["X-Next-Cursor"] = next_cursor
    return Response(
        status_code=200,
        content_type="text/csv; charset=utf-8",
        body=text,
        headers=dict(headers),
        compress=len(text) >= SMALLEST_GZIP,
    )


def claims(app: APIGatewayHttpResolver) -> dict[str, Any]:
    """Return the claims of the token that the gateway verified, as the issuer wrote them; empty on a route without an
    authorizer.
    """
    context: dict[str, Any] = app.current_event.raw_event.get("requestContext", {})
    verified = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    return verified_claims(app.current_event.headers.get("authorization", ""), verified)


def source_ip(app: APIGatewayHttpResolver) -> str:
    """Return the IP address of the request, as the gateway reports it."""
    return app.current_event.request_context.http.source_ip


def body_text(app: APIGatewayHttpResolver, max_bytes: int) -> str:
    """Return the request's body as text; empty without a body.

    Raises:
        PayloadTooLarge: body_too_large. BadRequest: malformed_json, the body is not UTF-8.
    """
    try:
        text = app.current_event.decoded_body or ""
    except ValueError:
        raise BadRequest(ProblemCode.MALFORMED_JSON, "The body must be JSON in UTF-8.") from None
    if len(text.encode(errors="replace")) > max_bytes:
        raise PayloadTooLarge(ProblemCode.BODY_TOO_LARGE, f"A body can have at most {max_bytes} bytes.")
    return text


def json_body(app: APIGatewayHttpResolver) -> dict[str, Any]:
    """Return the request's body as a JSON object.

    Raises:
        PayloadTooLarge: body_too_large. BadRequest: malformed_json, duplicate_key.
    """
    text = body_text(app, MAX_BODY_BYTES)
    try:
        body = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=unique_keys)
    except DuplicateKeyError as error:
        detail = f"The body names {shown_key(error.key)} twice in one object; send it once."
        raise BadRequest(ProblemCode.DUPLICATE_KEY, detail) from None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadRequest(ProblemCode.MALFORMED_JSON, "The body must be a JSON object in UTF-8.")
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def idempotency_key(app: APIGatewayHttpResolver) -> str:
    """Return the Idempotency-Key header: 1 to 255 printable ASCII characters.

    Raises:
        BadRequest: missing_idempotency_key, invalid_idempotency_key.
    """
    key = app.current_event.headers.get("idempotency-key", "")
    if not key:
        raise BadRequest(
            ProblemCode.MISSING_IDEMPOTENCY_KEY, "Send an Idempotency-Key header, a new one for each new request."
        )
    if len(key) > MAX_KEY_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise BadRequest(
            ProblemCode.INVALID_IDEMPOTENCY_KEY, "Idempotency-Key must be 1 to 255 printable ASCII characters."
        )
    return key


def optional_idempotency_key(app: APIGatewayHttpResolver) -> str | None:
    """Return the Idempotency-Key header of a request that happens only once anyway; None without one.

    Raises:
        BadRequest: invalid_idempotency_key.
    """
    return idempotency_key(app) if app.current_event.headers.get("idempotency-key") else None


def query(app: APIGatewayHttpResolver, name: str) -> str | None:
    """Return a query parameter; None if it is absent."""
    return app.current_event.query_string_parameters.get(name)


def page_limit(app: APIGatewayHttpResolver, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> int:
    """Return the `limit` of a list.

    Raises:
        InvalidValue: `invalid_limit`.
    """
    text = query(app, "limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= maximum):
        raise InvalidValue(ProblemCode.INVALID_LIMIT, f"limit must be a whole number from 1 to {maximum}.")
    return int(text)
