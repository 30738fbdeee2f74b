"""The items by which an account itself is found, and the condition that they are still those of the account."""

from typing import Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.name_index import IndexItem, Key, mail_items, name_items
from calling_credit.dynamodb import index_keys
from calling_credit.dynamodb.attributes import to_attribute


def account_index(account: Account) -> dict[Key, IndexItem]:
    """The items by which an account is found: of its name, and of its addresses."""
    named = name_items(account.account_id, index_keys.OF_ACCOUNT, account.name)
    return named | mail_items(account.account_id, account.billing_emails)


def account_found_as(account: Account) -> tuple[str, dict[str, Any]]:
    """The condition that an account's name and addresses are as they were read, after those of `_change`."""
    emails = " AND (billing_emails = :read_emails OR attribute_not_exists(billing_emails))"
    values = {":read_emails": to_attribute(list(account.billing_emails))}
    if account.name is None:
        return f"{emails} AND attribute_not_exists(#name)", values
    return f"{emails} AND #name = :read_name", values | {":read_name": to_attribute(account.name)}
