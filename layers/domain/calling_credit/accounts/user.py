"""People who use lines: parsing."""

from dataclasses import dataclass
from typing import Any

from calling_credit.accounts.account import MAX_NAME_CHARACTERS
from calling_credit.ids import check_id
from calling_credit.request_fields import read_text


@dataclass(frozen=True, slots=True)
class User:
    """A person who uses lines. Call lists show the name."""

    user_id: str
    name: str


def parse_user(user_id: str, body: dict[str, Any]) -> User:
    """Parse a user from `{name}`.

    Raises:
        InvalidValue: invalid_id, missing_field, invalid_field.
    """
    return User(check_id(user_id, "user_id"), read_text(body, "name", MAX_NAME_CHARACTERS))
