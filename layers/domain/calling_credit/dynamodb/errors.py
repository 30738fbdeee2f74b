"""What DynamoDB's errors mean."""

import random
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
"""Answers after which the same request may succeed later; the spellings with and without Exception both occur."""
AWS_ERRORS: Final = (ClientError, BotoCoreError)
"""Everything a client raises: an answer that is an error, or no answer."""
NO_ANSWER: Final = (HTTPClientError, NotConnected)
"""The connection never came about, or ended before an answer; botocore derives neither of the two from the other."""
CONDITION_FAILED: Final = "ConditionalCheckFailed"
"""The code of a cancelled transaction's reason when the action's own condition did not hold."""


def is_transient(error: Exception) -> bool:
    """Whether the same request may succeed if sent again: throttled, in conflict, a server fault, or no answer at
    all.
    """
    if isinstance(error, ClientError):
        reasons = {code for code in cancellation_codes(error) if code != "None"}
        if reasons:
            return reasons <= TRANSIENT_CODES
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in TRANSIENT_CODES or status >= 500
    return isinstance(error, NO_ANSWER)


def is_condition_failed(error: Exception) -> bool:
    """Whether a write was refused because a condition did not hold: its own, or that of any action of a transaction."""
    return error_code(error) == "ConditionalCheckFailedException" or CONDITION_FAILED in cancellation_codes(error)


def standing_item(error: Exception) -> dict[str, Any]:
    """The item that made a single write's condition fail, where the write asked for it; else empty."""
    response: Mapping[str, Any] = error.response if isinstance(error, ClientError) else {}
    item: dict[str, Any] = response.get("Item") or {}
    return item


def cancellation_reasons(error: Exception) -> list[dict[str, Any]]:
    """Why each action of a cancelled transaction was refused, in the order of the actions; empty for any other
    error.
    """
    response: Mapping[str, Any] = error.response if isinstance(error, ClientError) else {}
    reasons: list[dict[str, Any]] = response.get("CancellationReasons") or []
    return reasons


def cancellation_codes(error: Exception) -> list[str]:
    """The code of each reason; `None` beside another code proves nothing about its action."""
    return [str(reason.get("Code", "None")) for reason in cancellation_reasons(error)]


def error_code(error: Exception) -> str:
    """The service's code of an error; empty when it never answered."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def code_of(error: Exception) -> str:
    """What an error is called in the log, whosever it is."""
    return error.code if isinstance(error, CallingCreditError) else error_code(error) or type(error).__name__


def translate_error(error: Exception) -> Exception:
    """What a caller of the API is told about a failed request: `unavailable` if it may pass, else the error itself."""
    if isinstance(error, ClientError | BotoCoreError) and is_transient(error):
        return Unavailable(
            ProblemCode.UNAVAILABLE,
            "The ledger did not answer in time; sending the very same request again is safe and does it once.",
        )
    return error


def jittered_wait(attempt: int) -> float:
    """Seconds to wait before attempt number `attempt` (from 1): full jitter below 25 ms doubling up to one second."""
    return random.uniform(0, min(1.0, 0.025 * 2 ** min(attempt, 6)))
