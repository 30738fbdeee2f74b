"""An operator's request to rerate calls, and its answer."""

import hashlib
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from calling_credit.charging.rerating import DEBIT, LEFT_ALONE, Group, RatedAgain, Round, Selection
from calling_credit.command_fields import read_command
from calling_credit.ids import ID_PATTERN
from calling_credit.instants import Period, read_period
from calling_credit.money import format_money

MAX_EXAMPLES: Final = 10


ACTIVE: Final = "active"
"""In place of a deck's version: the deck in force now."""
BY_TIME: Final = "in force"
"""The name of a run without a deck: each call is priced by the deck that was in force when it began."""


class RerateRequest(BaseModel):
    """One round over an account's calls between two local dates, by a deck (None: for each call the one in force when
    it began; `active`: the one in force now). With a `price_list`, calls are priced as if the account had it, by the
    version in force now or by `list_version`. It writes only if `apply` is true. `position` is where the previous round
    ended. `by` is who ran the command, and `host` on which machine; a run that writes needs a name.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    account_id: str = Field(pattern=ID_PATTERN)
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    deck: str | None = None
    price_list: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{0,39})?$")
    list_version: str = Field(default="", max_length=60)
    prefix: str = Field(default="", pattern=r"^\+?[0-9]{0,15}$")
    destination: str = Field(default="", max_length=100)
    even_promised: bool = False
    even_corrected: bool = False
    apply: bool = False
    position: str | None = None
    by: str = ""
    host: str = ""

    @model_validator(mode="after")
    def _names_who_writes(self) -> Self:
        if self.apply and not self.by:
            raise ValueError("by is missing")
        return self

    def period(self) -> Period:
        """The dates of the request.

        Raises:
            InvalidValue: invalid_date, invalid_date_range.
        """
        return read_period(self.first, self.last, self.last)

    def selection(self) -> Selection:
        """The calls of the request."""
        return Selection(self.prefix.lstrip("+"), self.destination, self.even_promised, self.even_corrected)

    def run(self, deck_version: str | None, list_version: str = "") -> str:
        """The name of the run: the same account, dates, deck, price list, and selection are the same run."""
        selection = self.selection()
        flags = f"{selection.even_promised:d}{selection.even_corrected:d}"
        parts = (self.account_id, self.first, self.last, deck_version or BY_TIME, flags, selection.prefix)
        named = (self.price_list, list_version) if self.price_list else ()
        identity = "\n".join((*parts, selection.destination, *named))
        return f"run_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def parse_request(fields: Any) -> RerateRequest:
    """Parse a request.

    Raises:
        InvalidValue: `invalid_request`, with the fields that are wrong.
    """
    return read_command(RerateRequest, fields, "reprice", "rerate-calls")


def round_view(result: Round, deck_version: str | None, currency: str, list_version: str = "") -> dict[str, Any]:
    """The answer of a round: the number of calls in each group, and `left_alone`, all that keep their price although it
    may differ. `change` is the change of the balance. `deck` is null if each call has its own, and
    `list_version` without a named list.
    """
    return {
        "deck": deck_version,
        "list_version": list_version or None,
        "currency": currency,
        "looked_at": result.groups.total(),
        "left_alone": sum(result.groups[group] for group in LEFT_ALONE),
        **{group.value: result.groups[group] for group in Group},
        "change": format_money(sum(again.change_micros for again in result.changes)),
        "examples": [_example(again) for again in result.changes[:MAX_EXAMPLES]],
        "position": result.position,
    }


def _example(again: RatedAgain) -> dict[str, Any]:
    happened_at, call_id = again.call.call
    price = again.call.charged_micros - again.change_micros
    charges = [entry for entry in again.entries if entry.cause_id.endswith(DEBIT)] or again.entries
    return {
        "call_id": call_id,
        "started_at": happened_at,
        "destination": charges[-1].explanation["destination"],
        "charged": format_money(again.call.charged_micros),
        "price": format_money(price),
    }
