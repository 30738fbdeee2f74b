"""Ends every sign-in of a person, of a customer's user or of the staff, at once.

The functions compare each token with the stored time, because a token lives on until it expires. The item lives as long
as a sign-in that came before it can be refreshed, and a day more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from calling_credit.aws import revoke_refresh_tokens
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_item
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.sign_out_keys import signed_out_key, staff_pk, staff_signed_out_key
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.ids import check_subject
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Ended sign-ins: whose, up to which second, and whether the user pool also revoked the refresh tokens."""

    subject: str
    until: datetime
    is_revoked: bool

    @property
    def view(self) -> dict[str, Any]:
        """The answer of the API."""
        until = format_instant(self.until)
        return {"user_id": self.subject, "signed_out_until": until, "refresh_tokens_revoked": self.is_revoked}


@dataclass(frozen=True, slots=True)
class SignOuts:
    """Ends sign-ins. `lifetime`: how long a sign-in can be refreshed. `user_pool_id` is empty if another identity
    provider signs people in.
    """

    client: "DynamoDBClient"
    table_name: str
    lifetime: timedelta
    user_pool_id: str

    def end_of_user(self, account_id: str, subject: str, actor: Actor, now: datetime) -> SignedOut:
        """End the sign-ins of a user of an account up to this second. `subject` is the `sub` of the user's tokens.

        Raises:
            InvalidValue: `invalid_id`. Unavailable: the table did not answer in time; the same call is safe again.
            ClientError, BotoCoreError: the user pool refused, or did not answer, after the sign-ins were ended here.
        """
        key = signed_out_key(account_id, check_subject(subject))
        return self._end(key, subject, change_item(account_id, _change(subject, now), actor, now), now)

    def end_of_staff(self, subject: str, actor: Actor, now: datetime) -> SignedOut:
        """End the sign-ins of a member of the staff, as `end_of_user` does."""
        key = staff_signed_out_key(check_subject(subject))
        recorded = change_item("", _change(subject, now), actor, now) | {"PK": {"S": staff_pk(subject)}}
        return self._end(key, subject, recorded, now)

    def _end(self, key: tuple[str, str], subject: str, recorded: dict[str, Any], now: datetime) -> SignedOut:
        after = int(now.timestamp())
        expires_at = after + int((self.lifetime + timedelta(days=1)).total_seconds())
        item_key = {"PK": {"S": key[0]}, "SK": {"S": key[1]}}
        end = update(
            self.table_name,
            item_key,
            "SET #after = :after, expires_at = :expires_at",
            "attribute_not_exists(PK) OR #after < :after",
            to_attributes({":after": after, ":expires_at": expires_at}),
            {"#after": "after"},
        )
        end["Update"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        failed = transact(self.client, [end, put(self.table_name, recorded)])
        if failed.get(0):
            after = int(from_attributes(failed[0])["after"])  # A request before, or the same one, ended them.
        is_revoked = bool(self.user_pool_id) and revoke_refresh_tokens(self.user_pool_id, subject)
        return SignedOut(subject, datetime.fromtimestamp(after, UTC), is_revoked)


def _change(subject: str, now: datetime) -> Change:
    after = format_instant(now.replace(microsecond=0))
    return Change("signed_out", f"sign_in:{subject}", f"signed_out-{subject}", None, {"until": after})
