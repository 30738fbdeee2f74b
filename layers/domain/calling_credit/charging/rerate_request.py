"""An operator's request to rerate calls, and its answer."""

import hashlib
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calling_credit.charging.rerating import DEBIT, Correction, Round
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import ID_PATTERN
from calling_credit.instants import Period, read_period
from calling_credit.money import format_money

MAX_EXAMPLES: Final = 10


class RerateRequest(BaseModel):
    """One round over an account's calls between two local dates, by a deck (None: the active one). It writes only if
    `apply` is true. `position` is where the previous round ended.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    account_id: str = Field(pattern=ID_PATTERN)
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    deck: str | None = None
    apply: bool = False
    position: str | None = None

    def period(self) -> Period:
        """The dates of the request.

        Raises:
            InvalidValue: invalid_date, invalid_date_range.
        """
        return read_period(self.first, self.last, self.last)

    def run(self, deck_version: str) -> str:
        """The name of the run: the same account, dates, and deck are the same run."""
        identity = f"{self.account_id}\n{self.first}\n{self.last}\n{deck_version}"
        return f"run_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def parse_request(fields: Any) -> RerateRequest:
    """Parse a request.

    Raises:
        InvalidValue: `invalid_request`, with the fields that are wrong.
    """
    try:
        return RerateRequest.model_validate(fields)
    except ValidationError as error:
        wrong = sorted({str(problem["loc"][0]) if problem["loc"] else "reprice" for problem in error.errors()})
        detail = (
            f"{', '.join(wrong)} must be as make rerate-calls sends it: account_id, from, to, deck, apply, position."
        )
        raise InvalidValue(ProblemCode.INVALID_REQUEST, detail) from error


def round_view(result: Round, deck_version: str, currency: str) -> dict[str, Any]:
    """The answer of a round. `change` is the change of the balance; `left_alone` counts calls that the deck does not
    cover, or whose number was erased.
    """
    return {
        "deck": deck_version,
        "currency": currency,
        "looked_at": result.looked_at,
        "changed": len(result.corrections),
        "left_alone": result.left_alone,
        "change": format_money(sum(correction.change_micros for correction in result.corrections)),
        "examples": [_example(correction) for correction in result.corrections[:MAX_EXAMPLES]],
        "position": result.position,
    }


def _example(correction: Correction) -> dict[str, Any]:
    happened_at, call_id = correction.call.call
    price = correction.call.charged_micros - correction.change_micros
    charges = [entry for entry in correction.entries if entry.cause_id.endswith(DEBIT)] or correction.entries
    return {
        "call_id": call_id,
        "started_at": happened_at,
        "destination": charges[-1].explanation["destination"],
        "charged": format_money(correction.call.charged_micros),
        "price": format_money(price),
    }
