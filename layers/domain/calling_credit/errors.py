"""Every error a caller can be told, as one tree. Each carries a stable `code` and a sentence that says what to do next.

    CallingCreditError
    ├── BadRequest          the request cannot be read at all                          (HTTP 400)
    ├── Forbidden           this caller may not do this                                (HTTP 403)
    ├── NotFound            it does not exist, or belongs to another account           (HTTP 404)
    ├── Conflict            it contradicts what is already recorded                    (HTTP 409)
    │   └── InProgress      the same request is being worked on at this moment             (HTTP 409)
    ├── PayloadTooLarge     the body is over the limit                                 (HTTP 413)
    ├── InvalidValue        the request is readable, one of its values is not allowed  (HTTP 422)
    └── Unavailable         no answer in time; the same request is safe again     (HTTP 503)

How an error becomes an HTTP answer is decided in `api.problems` alone.
"""


class CallingCreditError(Exception):
    """Base of all errors that are told to a caller: `code` is stable, `detail` is one or two sentences for a person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class BadRequest(CallingCreditError):
    """The request cannot be read: broken JSON, a missing Idempotency-Key."""


class Forbidden(CallingCreditError):
    """The token is good, but its holder may not do this."""


class NotFound(CallingCreditError):
    """It does not exist for this caller; what belongs to another account is never admitted to exist."""


class Conflict(CallingCreditError):
    """The request contradicts what is recorded, such as an Idempotency-Key reused with another body."""


class InProgress(Conflict):
    """The very same request is being worked on; ask again after `retry_after_seconds`."""

    def __init__(self, code: str, detail: str, retry_after_seconds: int) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds


class PayloadTooLarge(CallingCreditError):
    """The body is larger than the limit named in the detail."""


class InvalidValue(CallingCreditError):
    """One value of a readable request is not allowed; the detail names it."""


class Unavailable(CallingCreditError):
    """A dependency did not answer in time: it may or may not be done, and the same request is safe to send again after
    `retry_after_seconds`.
    """

    def __init__(self, code: str, detail: str, retry_after_seconds: int = 1) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds
