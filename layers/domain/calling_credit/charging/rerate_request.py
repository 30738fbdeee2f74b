"""What an operator asks when calls are to be priced again, and what is answered."""

import hashlib
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calling_credit.charging.rerating import DEBIT, Correction, Round
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import ID_PATTERN
from calling_credit.instants import Period, read_period
from calling_credit.money import format_money

MAX_EXAMPLES: Final = 10


class RepriceRequest(BaseModel):
    """One round: the calls of an account from one local date to another, by a deck (the active one if none is named).
    Nothing is written unless `apply` is true; `position` is where the round before ended.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    account_id: str = Field(pattern=ID_PATTERN)
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    deck: str | None = None
    apply: bool = False
    position: str | None = None

    def period(self) -> Period:
        """The dates asked for.

        Raises:
            InvalidValue: invalid_date, invalid_date_range.
        """
        return read_period(self.first, self.last, self.last)

    def run(self, deck_version: str) -> str:
        """The name of this run: the same account, dates and deck are the same run."""
        said = f"{self.account_id}\n{self.first}\n{self.last}\n{deck_version}"
        return f"run_{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def read_request(asked: Any) -> RepriceRequest:
    """The request as it was sent.

    Raises:
        InvalidValue: `invalid_request`, with the fields that are wrong.
    """
    try:
        return RepriceRequest.model_validate(asked)
    except ValidationError as error:
        fields = sorted({str(each["loc"][0]) if each["loc"] else "reprice" for each in error.errors()})
        detail = (
            f"{', '.join(fields)} must be as make rerate-calls sends it: account_id, from, to, deck, apply, position."
        )
        raise InvalidValue(ProblemCode.INVALID_REQUEST, detail) from error


def round_view(found: Round, deck_version: str, currency: str) -> dict[str, Any]:
    """What a round answers. `change` is what the balance gains (or loses); `left_alone` are calls that the deck does
    not cover, or whose number was erased.
    """
    return {
        "deck": deck_version,
        "currency": currency,
        "looked_at": found.looked_at,
        "changed": len(found.corrections),
        "left_alone": found.left_alone,
        "change": format_money(sum(one.change_micros for one in found.corrections)),
        "examples": [_example(one) for one in found.corrections[:MAX_EXAMPLES]],
        "position": found.position,
    }


def _example(one: Correction) -> dict[str, Any]:
    happened_at, call_id = one.call.call
    price = one.call.charged_micros - one.change_micros
    named = [entry for entry in one.entries if entry.cause_id.endswith(DEBIT)] or one.entries
    return {
        "call_id": call_id,
        "started_at": happened_at,
        "destination": named[-1].explanation["destination"],
        "charged": format_money(one.call.charged_micros),
        "price": format_money(price),
    }
