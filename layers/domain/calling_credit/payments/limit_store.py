"""Stores what an account has used of its limits on manual payments and saved cards, and who was refused."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.correlation import CORRELATION_ID, stored_correlation
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.card_keys import payment_limits_key
from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.schema import creating
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import CallingCreditError, Conflict, ProblemCode, TooManyRequests
from calling_credit.instants import format_instant
from calling_credit.topups import payment_limits
from calling_credit.topups.items import payment_item, topup_item
from calling_credit.topups.payment_limits import Claim, ClaimState, DailyLimit, Page, PaymentUse
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMITS: Final = "The account's payments are"
"""The subject of the error after losing every race with concurrent changes."""
UNUSED: Final = PaymentUse()
ANNOUNCED_FOR: Final = timedelta(hours=1)
"""A refusal is announced at most once in this time for an account and code."""


@decoder
def use_from_item(attributes: Mapping[str, Any] | None) -> PaymentUse:
    """The use of an item; UNUSED without one."""
    if attributes is None or "version" not in attributes:
        return UNUSED
    item = from_attributes(attributes)
    claims = tuple(replace(Claim(*rest), state=ClaimState(state)) for *rest, state in json.loads(item["claims"]))
    pages = tuple(Page(*page) for page in json.loads(item["pages"]))
    return PaymentUse(item["version"], item["day"], item["left_micros"], item["limit_micros"], claims, pages)


def put_use_action(table_name: str, account_id: str, read: PaymentUse, use: PaymentUse) -> Any:
    """The action that stores a use, if the one that was read is still stored."""
    values: dict[str, Any] = {
        ":version": read.version + 1,
        ":day": use.day,
        ":left": use.left_micros,
        ":limit": use.limit_micros,
        ":claims": _text(use.claims),
        ":pages": _text(use.pages),
    }
    condition = "attribute_not_exists(version)"
    if read.version:
        condition, values[":read"] = "version = :read", read.version
    action = update(
        table_name,
        payment_limits_key(account_id),
        "SET version = :version, #day = :day, left_micros = :left, limit_micros = :limit, claims = :claims, "
        "pages = :pages",
        condition,
        {name: to_attribute(value) for name, value in values.items()},
        {"#day": "day"},
    )
    return action if read.version else {"Update": creating(action["Update"])}


def _text(values: tuple[Claim, ...] | tuple[Page, ...]) -> str:
    return json.dumps([list(asdict(value).values()) for value in values], separators=(",", ":"))


LIMITED: Final = frozenset(
    {
        ProblemCode.TOO_MANY_DECLINES,
        ProblemCode.TOO_MANY_SETUP_PAGES,
        ProblemCode.TOO_MANY_CARDS,
        ProblemCode.DAILY_TOP_UP,
        ProblemCode.CARD_DECLINED_TOO_OFTEN,
    }
)
"""The refusals that may mean that someone tests cards."""


class LimitStore:
    """The limits of one account."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self._account_id = account_id

    def check(
        self,
        topup: TopUp,
        daily: DailyLimit,
        now: datetime,
        given_up: Iterable[str] = (),
        *,
        cards: int | None = None,
    ) -> None:
        """Raise the error of a limit that this payment would exceed once the payments `given_up` are canceled.
        `cards`: how many cards are saved, of a payment on a page that saves another one.

        Raises:
            TooManyRequests: too_many_declines, daily_top_up, and those of `claim_page`. Unavailable: busy.
        """
        use = self._read()
        for topup_id in given_up:
            use = payment_limits.close_page(payment_limits.record_unpaid(use, topup_id, ClaimState.RETURNED), topup_id)
        result = _claimed(use, topup, daily, cards, now)
        if isinstance(result, CallingCreditError):
            raise result

    def create(
        self, topups: TopUpStore, topup: TopUp, daily: DailyLimit, now: datetime, *, cards: int | None = None
    ) -> TopUp:
        """Store a new top-up together with its claim; `cards` as in `check`. Return the stored one if it exists
        already: a replay is never limited.

        Raises:
            TooManyRequests: too_many_declines, daily_top_up, and those of `claim_page`.
            Unavailable: busy, or the table did not answer.
        """

        def attempt() -> TopUp | None:
            read = self._read()
            result = _claimed(read, topup, daily, cards, now)
            if isinstance(result, CallingCreditError):
                existing = topups.read(topup.account_id, topup.topup_id)
                if existing is None:
                    raise result
                return existing
            actions = [
                put(self._table_name, topup_item(topup)),
                put(self._table_name, payment_item(topup)),
                put_use_action(self._table_name, self._account_id, read, result),
            ]
            failed = transact(self._client, actions)
            if not failed:
                return topup
            return topups.read(topup.account_id, topup.topup_id) if 0 in failed else None

        return retry_on_race(LIMITS, attempt)

    def claim_page(self, page_id: str, cards: int, now: datetime) -> None:
        """Claim a page for saving a card beside `cards` saved ones.

        Raises:
            TooManyRequests: too_many_setup_pages, too_many_cards. Unavailable: busy, or the table did not answer.
        """

        def claimed(use: PaymentUse) -> PaymentUse:
            if any(page.page_id == page_id for page in use.pages):  # Written before a lost answer.
                return use
            result = payment_limits.claim_page(use, page_id, cards, now)
            if isinstance(result, CallingCreditError):
                raise result
            return result

        self._change(claimed)

    def close_page(self, page_id: str) -> None:
        """Count a used page no longer as a card."""
        self._change(lambda use: payment_limits.close_page(use, page_id))

    def return_page(self, page_id: str) -> None:
        """Forget a page that Stripe did not create."""
        self._change(lambda use: payment_limits.return_page(use, page_id))

    @contextmanager
    def announcing(self, tally: Counter[str], now: datetime) -> Iterator[None]:
        """Count a refusal by a limit, and record it for the stream."""
        try:
            yield
        except (Conflict, TooManyRequests) as error:
            if error.code in LIMITED:
                tally["card_attempts_limited"] += 1
                self._announce(error.code, now)
            raise

    def _announce(self, code: str, now: datetime) -> None:
        """Record a refusal, at most once an hour for each code. The refusal itself does not depend on it."""
        try:
            self._client.update_item(
                **creating(
                    {
                        "TableName": self._table_name,
                        "Key": payment_limits_key(self._account_id),
                        "UpdateExpression": "SET limited_code = :code, limited_at = :now, #last = :now, "
                        f"{CORRELATION_ID} = :cause",
                        "ConditionExpression": "attribute_not_exists(#last) OR #last <= :before",
                        "ExpressionAttributeNames": {"#last": f"limited_{code}"},
                        "ExpressionAttributeValues": {
                            ":code": to_attribute(code),
                            ":cause": to_attribute(stored_correlation()),
                            ":now": to_attribute(format_instant(now)),
                            ":before": to_attribute(format_instant(now - ANNOUNCED_FOR)),
                        },
                    }
                )
            )
        except AWS_ERRORS:
            return

    def _read(self) -> PaymentUse:
        key = payment_limits_key(self._account_id)
        return use_from_item(
            self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get("Item")
        )

    def _change(self, change: Callable[[PaymentUse], PaymentUse]) -> None:
        def attempt() -> bool | None:
            read = self._read()
            use = change(read)
            if use == read:
                return True
            return None if transact(self._client, [self._put(read, use)]) else True

        retry_on_race(LIMITS, attempt)

    def _put(self, read: PaymentUse, use: PaymentUse) -> Any:
        return put_use_action(self._table_name, self._account_id, read, use)


def _claimed(
    use: PaymentUse, topup: TopUp, daily: DailyLimit, cards: int | None, now: datetime
) -> PaymentUse | CallingCreditError:
    """The use with the claim of a new payment; of one on Stripe's page, also with the page."""
    if cards is None:
        return payment_limits.claim_payment(use, topup.topup_id, topup.gross_micros, daily, now)
    return payment_limits.claim_checkout(use, topup.topup_id, topup.gross_micros, daily, cards, now)
