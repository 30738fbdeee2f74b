"""The checkpoints of an account: one item for each month with the totals of its days as they were last proven.

The law: a checkpoint holds totals of a day only if the entries of that day were summed at a moment at which the account
stood still, agreed with the day, and the whole proof found no difference. A day that is as its checkpoint says needs no
second look at its entries. A proof with a difference makes the next proof of the account a full one, so no checkpoint
hides a difference that was found once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, proof_keys
from calling_credit.dynamodb.attributes import Plain, to_attribute
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.schema import SCHEMA_NAMES, SCHEMA_VALUES, SET_SCHEMA
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import DayTotal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Day = tuple[str, str]
"""A local date and a category."""
FULL_PROOF_DAYS: Final = 30
"""Every account is proven in full once in this many nights."""
NEVER: Final = "1970-01-01"
"""The date of the last full proof that makes the next proof a full one."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The proven totals of a month. `proven_at` identifies the version of its item, "" if there is none; `full_on` is
    the date (UTC) of the last full proof.
    """

    proven_at: str = ""
    full_on: str = NEVER
    days: dict[Day, DayTotal] = field(default_factory=dict)


def checkpoint_from_item(item: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of a plain item. One that cannot be read proves nothing, and makes the next proof a full one."""
    proven_at = item.get("proven_at")
    try:
        days = {_day(name): _total(figures) for name, figures in item["days"].items()}
        full_on = date.fromisoformat(item["full_on"]).isoformat()
    except (AttributeError, KeyError, TypeError, ValueError):
        return Checkpoint(proven_at if isinstance(proven_at, str) else "")
    return Checkpoint(proven_at if isinstance(proven_at, str) else "", full_on, days)


def _day(name: str) -> Day:
    local_date, category = name.split("#")
    return date.fromisoformat(local_date).isoformat(), category


def _total(figures: list[Any]) -> DayTotal:
    if not all(isinstance(figure, int) for figure in figures):
        raise TypeError("not a list of numbers")
    return DayTotal(*figures)


def is_full_proof_due(checkpoints: Iterable[Checkpoint], night: date) -> bool:
    """Whether the last full proof is too long ago, because it found a difference, or because its night was lost."""
    return any((night - date.fromisoformat(one.full_on)).days > FULL_PROOF_DAYS for one in checkpoints)


def changed_dates(days: Mapping[Day, DayTotal], checkpoints: Iterable[Checkpoint]) -> frozenset[str]:
    """The local dates with a category whose totals are not those of its checkpoint, or that only one of them has."""
    proven = {day: total for one in checkpoints for day, total in one.days.items()}
    return frozenset(day[0] for day in days.keys() | proven.keys() if days.get(day) != proven.get(day))


def next_checkpoints(
    checkpoints: Mapping[str, Checkpoint], summed: Mapping[Day, DayTotal], dates: Iterable[str], night: date
) -> dict[str, Checkpoint]:
    """The checkpoints to store after a proof of some dates without a difference, by month.

    Args:
        summed: the totals of all entries of these dates.
        dates: the local dates whose entries were summed.
    """
    renewed: dict[str, Checkpoint] = {}
    by_month: dict[str, set[str]] = {}
    for local_date in dates:
        by_month.setdefault(local_date[:7], set()).add(local_date)
    for month, of_month in by_month.items():
        before = checkpoints.get(month)
        days = {} if before is None else {day: one for day, one in before.days.items() if day[0] not in of_month}
        days |= {day: total for day, total in summed.items() if day[0] in of_month}
        full_on = night.isoformat() if before is None else before.full_on
        renewed[month] = Checkpoint("" if before is None else before.proven_at, full_on, days)
    return renewed


def full_checkpoints(
    checkpoints: Mapping[str, Checkpoint], summed: Mapping[Day, DayTotal], night: date
) -> dict[str, Checkpoint]:
    """The checkpoints to store after a full proof without a difference, by month.

    `summed` are the totals of all days.
    """
    months = {day[0][:7] for day in summed} | checkpoints.keys()
    return {
        month: Checkpoint(
            checkpoints[month].proven_at if month in checkpoints else "",
            night.isoformat(),
            {day: total for day, total in summed.items() if day[0][:7] == month},
        )
        for month in months
    }


def store_checkpoints(
    client: "DynamoDBClient", table_name: str, account_id: str, checkpoints: Mapping[str, Checkpoint], now: datetime
) -> None:
    """Store checkpoints, each only if its item is as it was read. Otherwise another proof was faster, and its own
    checkpoint stays.
    """
    for month, checkpoint in sorted(checkpoints.items()):
        try:
            _write(client, table_name, account_id, month, checkpoint, now, is_conditional=True)
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise


def require_full_proof(
    client: "DynamoDBClient", table_name: str, account_id: str, checkpoints: Mapping[str, Checkpoint], now: datetime
) -> None:
    """Make the next proof of an account a full one, even if another proof stores checkpoints at the same time."""
    month = max(checkpoints, default=now.date().isoformat()[:7])
    _write(client, table_name, account_id, month, Checkpoint(), now, is_conditional=False)


def _write(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    month: str,
    checkpoint: Checkpoint,
    now: datetime,
    *,
    is_conditional: bool,
) -> None:
    days = {"#".join(day): _figures(total) for day, total in sorted(checkpoint.days.items())}
    values: dict[str, Plain] = {":days": days, ":now": format_instant(now), ":full_on": checkpoint.full_on}
    condition: dict[str, Any] = {}
    if is_conditional:
        condition["ConditionExpression"] = "attribute_not_exists(proven_at)"
        if checkpoint.proven_at:
            condition["ConditionExpression"] = "proven_at = :read"
            values[":read"] = checkpoint.proven_at
    client.update_item(
        TableName=table_name,
        Key={"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": proof_keys.proof_sk(month)}},
        UpdateExpression=f"SET days = :days, proven_at = :now, full_on = :full_on, {SET_SCHEMA}",
        ExpressionAttributeNames=SCHEMA_NAMES,
        ExpressionAttributeValues={name: to_attribute(value) for name, value in values.items()} | SCHEMA_VALUES,
        **condition,
    )


def _figures(total: DayTotal) -> list[int]:
    """Count, billed seconds, and total; and how many charges were taken back, if any."""
    figures = [total.count, total.billed_seconds, total.total_micros]
    return [*figures, total.taken_back] if total.taken_back else figures
