"""The meaning of DynamoDB's errors."""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from calling_credit.errors import CallingCreditError, ProblemCode, Unavailable

TRANSIENT_CODES: Final = frozenset(
    {
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException",
        "ThrottlingException",
        "ThrottlingError",
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
        "RequestTimeout",
    }
)
"""Codes after which the same request may succeed later. Both spellings occur, with and without Exception."""
AWS_ERRORS: Final = (ClientError, BotoCoreError)
"""Everything that a client raises: an error response, or no response."""
NO_ANSWER: Final = (HTTPClientError, NotConnected)
"""The connection failed, or ended before a response. Neither class derives from the other in botocore."""
CONDITION_FAILED: Final = "ConditionalCheckFailed"
"""The cancellation reason of an action whose own condition failed."""


def is_transient(error: Exception) -> bool:
    """Whether the same request may succeed later: throttling, a conflict, a server fault, or no response."""
    if isinstance(error, ClientError):
        reasons = {code for code in cancellation_codes(error) if code != "None"}
        if reasons:
            return reasons <= TRANSIENT_CODES
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in TRANSIENT_CODES or status >= 500
    return isinstance(error, NO_ANSWER)


def is_condition_failed(error: Exception) -> bool:
    """Whether a condition failed: that of a single write, or of any action of a transaction."""
    return error_code(error) == "ConditionalCheckFailedException" or CONDITION_FAILED in cancellation_codes(error)


def existing_item(error: Exception) -> dict[str, Any]:
    """The item that failed a single write's condition, if the write asked for it; else {}."""
    response: Mapping[str, Any] = error.response if isinstance(error, ClientError) else {}
    item: dict[str, Any] = response.get("Item") or {}
    return item


def cancellation_reasons(error: Exception) -> list[dict[str, Any]]:
    """The cancellation reasons of a transaction in the order of its actions; empty for other errors."""
    response: Mapping[str, Any] = error.response if isinstance(error, ClientError) else {}
    reasons: list[dict[str, Any]] = response.get("CancellationReasons") or []
    return reasons


def cancellation_codes(error: Exception) -> list[str]:
    """The code of each reason. `None` beside another code says nothing about its action."""
    return [str(reason.get("Code", "None")) for reason in cancellation_reasons(error)]


def error_code(error: Exception) -> str:
    """The service's error code; empty without a response."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def code_of(error: Exception) -> str:
    """The code of an error for the log, ours or the service's."""
    return error.code if isinstance(error, CallingCreditError) else error_code(error) or type(error).__name__


def translate_error(error: Exception) -> Exception:
    """The error for the API's caller: `unavailable` after a transient error, else the error itself."""
    if isinstance(error, ClientError | BotoCoreError) and is_transient(error):
        return unanswered()
    return error


def unanswered() -> Unavailable:
    """The API's error after transient errors."""
    return Unavailable(
        ProblemCode.UNAVAILABLE,
        "The ledger did not answer in time. Send the same request again; it takes effect once.",
    )
