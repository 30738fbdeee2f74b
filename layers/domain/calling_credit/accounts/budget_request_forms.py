"""The forms of requests for a larger budget: their bodies, their views, and what recorded changes say of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.accounts.budget_requests import MAX_NOTE_CHARACTERS, BudgetRequest
from calling_credit.budgets.counters import SpendCounter
from calling_credit.changes.actor import ActorKind
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import format_money
from calling_credit.request_fields import read_text


@dataclass(frozen=True, slots=True)
class Asked:
    """The body of a request: a note for the billing admins, or whether it grants the open request."""

    note: str | None
    raises: bool


def parse_budget_request(body: dict[str, Any]) -> Asked:
    """Parse `{note?, raise?}`.

    Raises:
        InvalidValue: `invalid_field`.
    """
    raises = body.get("raise", False)
    if not isinstance(raises, bool):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "raise must be true or false.")
    note = None if body.get("note") is None else read_text(body, "note", MAX_NOTE_CHARACTERS)
    return Asked(note, raises)


def request_view(request: BudgetRequest) -> dict[str, Any]:
    """An open request as `GET /lines` shows it."""
    kind, _, subject = request.by.partition(":")
    by = {"id": subject if kind == ActorKind.USER else kind, "name": request.by_name}
    return {"id": request.request_id, "at": request.asked_at, "by": by, "note": request.note}


def request_facts(request: BudgetRequest, counters: Mapping[str, SpendCounter]) -> dict[str, Any]:
    """What a recorded change says of a request: `{request_id, line_id, month, increases: [{budget, amount, limit}]}`.
    The note stays out: only the page shows it, for as long as the request is open.
    """
    increases = [
        {
            "budget": one.of,
            "amount": format_money(one.amount_micros),
            "limit": format_money(counters[one.counter].limit_micros or 0),
        }
        for one in request.increases()
    ]
    facts = {"request_id": request.request_id, "line_id": request.line_id, "month": request.month}
    return facts | {"increases": increases}
