"""The sign-in of a person, which an operator can end at once although its tokens are still valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.errors import Forbidden, ProblemCode


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: the partition and sort key of the item that may have ended it, and its time in whole Unix seconds,
    None if the token does not say.
    """

    ended_by: tuple[str, str]
    at: int | None

    def require_open(self, item: Mapping[str, Any] | None) -> None:
        """Require that the item of `ended_by`, in attribute values, does not end this sign-in. A sign-in in the second
        in which it was ended has ended.

        Raises:
            Forbidden: `signed_out`.
        """
        if item is not None and (self.at is None or self.at <= int(item["after"]["N"])):
            raise Forbidden(ProblemCode.SIGNED_OUT, "This sign-in was ended; sign in again.")
