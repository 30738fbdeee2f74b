"""The messages that name the accounts of a night to their provers. Reads nothing and sends nothing."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from calling_credit.audit.nightly_proof import Task
from calling_credit.audit.proof import Payment
from calling_credit.topups.reversals import Losses

MAX_ACCOUNTS: Final = 25
"""Accounts of one message: a failed one is proven again with the others, which changes nothing."""
MAX_BODY_BYTES: Final = 24_000
"""Ten messages of this size fit into one request to SQS."""
MAX_PAYMENTS: Final = 50
"""Payments of one task. An account with more gets several, each of which proves the account and its payments."""


def message_bodies(tasks: Iterable[Task]) -> Iterator[str]:
    """Yield messages for tasks of one night. An account whose turn for a full proof it is has its own message, because
    that proof may take minutes.
    """
    waiting: list[str] = []
    size, night = 0, date.min
    for task in tasks:
        for part in _parts(task):
            text = _encode(part)
            if part.is_full:
                yield _body(part.night, [text])
                continue
            if waiting and (len(waiting) == MAX_ACCOUNTS or size + len(text) > MAX_BODY_BYTES):
                yield _body(part.night, waiting)
                waiting, size = [], 0
            waiting.append(text)
            size += len(text) + 1
            night = part.night
    if waiting:
        yield _body(night, waiting)


def parse_tasks(body: str) -> list[Task]:
    """Return the tasks of a message.

    Raises:
        KeyError, TypeError, ValueError: the message is not one of these.
    """
    message = json.loads(body)
    night = date.fromisoformat(message["night"])
    return [
        Task(str(one["id"]), night, tuple(_payment(str(one["id"]), figures) for figures in one.get("payments", [])))
        for one in message["accounts"]
    ]


def _parts(task: Task) -> Iterator[Task]:
    if len(task.payments) <= MAX_PAYMENTS:
        yield task
        return
    for start in range(0, len(task.payments), MAX_PAYMENTS):
        yield Task(task.account_id, task.night, task.payments[start : start + MAX_PAYMENTS])


def _body(night: date, accounts: Iterable[str]) -> str:
    return f'{{"night":"{night.isoformat()}","accounts":[{",".join(accounts)}]}}'


def _encode(task: Task) -> str:
    """The JSON of a task, in ASCII, so that its length is its size in bytes."""
    plain: dict[str, Any] = {"id": task.account_id}
    if task.payments:
        plain["payments"] = [_figures(payment) for payment in task.payments]
    return json.dumps(plain, separators=(",", ":"))


def _figures(payment: Payment) -> list[Any]:
    losses, reversed_at = payment.losses, payment.last_reversed_at
    return [
        payment.intent_id,
        payment.topup_id,
        payment.received_micros,
        payment.paid_at.isoformat(),
        None if losses is None else [losses.refunded_micros, losses.disputed_micros],
        None if reversed_at is None else reversed_at.isoformat(),
    ]


def _payment(account_id: str, figures: list[Any]) -> Payment:
    intent_id, topup_id, received_micros, paid_at, losses, reversed_at = figures
    return Payment(
        intent_id,
        topup_id,
        account_id,
        received_micros,
        datetime.fromisoformat(paid_at),
        None if losses is None else Losses(*losses),
        None if reversed_at is None else datetime.fromisoformat(reversed_at),
    )
