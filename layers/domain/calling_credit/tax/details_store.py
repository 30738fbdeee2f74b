"""Stores the billing details of accounts. Every change is recorded in the same transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action, difference
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.tax_keys import billing_details_sk
from calling_credit.dynamodb.transactions import put, transact
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.tax.details import NOTHING_ENTERED, BillingDetails, details_from_item, details_view, parse_details
from calling_credit.versions import changed_meanwhile, is_outdated, read_version

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SUBJECT: Final = "billing_details"


@decoder
def details_of(attributes: Mapping[str, Any] | None) -> BillingDetails | None:
    """The details of an item in attribute values; None without one."""
    return None if attributes is None else details_from_item(from_attributes(attributes))


class BillingDetailsStore:
    """The billing details in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, account_id: str, sign_in: SignIn | None = None) -> BillingDetails | None:
        """Read the details of an account; None before they were entered.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`. Unavailable: the table throttles.
        """
        pk = keys.account_pk(account_id)
        account, details = (pk, keys.account_sk()), (pk, billing_details_sk())
        found = read_signed_in(self._client, self._table_name, [account, details], sign_in)
        if account not in found:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        return details_of(found.get(details))

    def store(
        self, account_id: str, body: Mapping[str, Any], actor: Actor, now: datetime, sign_in: SignIn | None = None
    ) -> BillingDetails:
        """Replace the details by those of a body, and record the change. Details that are stored already are left as
        they are. Return the stored ones.

        Raises:
            InvalidValue: those of `parse_details`, and `invalid_field` of the version.
            Conflict: `changed_meanwhile`, the body was made from another version.
            NotFound: `unknown_account`. Forbidden: `signed_out`. Unavailable: `busy`, or the table throttles.
        """
        wanted, version = parse_details(body), read_version(body)

        def attempt() -> BillingDetails | None:
            current = self.read(account_id, sign_in)
            if current is not None and current.facts == wanted.facts:
                return current
            stored_version = 0 if current is None else current.version
            if is_outdated(version, stored_version):
                raise changed_meanwhile("The billing details", details_view(current))
            old, new = difference(NOTHING_ENTERED if current is None else current.facts, wanted.facts)
            change_id = f"billing-details-{stored_version + 1:06d}"
            recorded = Change(ChangeAction.BILLING_DETAILS_CHANGED, SUBJECT, change_id, old, new)
            actions = [
                self._put(account_id, wanted, stored_version, actor, now),
                change_action(self._table_name, account_id, recorded, actor, now),
            ]
            return None if transact(self._client, actions) else replace(wanted, version=stored_version + 1)

        return retry_on_race("The billing details are", attempt)

    def _put(
        self, account_id: str, details: BillingDetails, stored_version: int, actor: Actor, now: datetime
    ) -> dict[str, Any]:
        """The action that stores details in place of those with a version."""
        facts = details.facts
        item = {
            "PK": keys.account_pk(account_id),
            "SK": billing_details_sk(),
            "legal_name": facts["legal_name"],
            "postal_address": facts["address"],
            "tax_identity": facts["tax_id"],
            "po_number": facts["po_number"],
            "email_receipts": facts["email_receipts"],
            "details_version": stored_version + 1,
            "changed_by": actor.by,
            "updated_at": format_instant(now),
        }
        action = put(self._table_name, to_attributes(item))
        if stored_version:
            action["Put"]["ConditionExpression"] = "details_version = :read"
            action["Put"]["ExpressionAttributeValues"] = {":read": {"N": str(stored_version)}}
        return action
