"""People who use lines: parsing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.accounts.account import MAX_NAME_CHARACTERS
from calling_credit.budgets.budget import Budget, budget_from_item
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.ids import check_id
from calling_credit.request_fields import read_text


@dataclass(frozen=True, slots=True)
class User:
    """A person who uses lines. Call lists show the name. `budget` is None if the user never had one."""

    user_id: str
    name: str
    budget: Budget | None = None


@decoder
def user_from_item(item: Mapping[str, Any]) -> User:
    """The user of an item in plain values."""
    return User(keys.id_of(item["SK"]), str(item["name"]), budget_from_item(item))


def parse_user(user_id: str, body: dict[str, Any]) -> User:
    """Parse a user from `{name}`.

    Raises:
        InvalidValue: invalid_id, missing_field, invalid_field.
    """
    return User(check_id(user_id, "user_id"), read_text(body, "name", MAX_NAME_CHARACTERS))
