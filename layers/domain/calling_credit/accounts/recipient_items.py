"""The recipients of an account's e-mails as items and recorded changes have them. Reads no table."""

from typing import Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.recipients import language_of, languages_of
from calling_credit.dynamodb.attributes import Item, Plain


def recipients_facts(account: Account) -> dict[str, Any]:
    """What is recorded of the recipients beside `billing_emails`. No address is a name, so that erasure masks it."""
    languages = sorted(languages_of(account).items())
    return {
        "languages": [{"address": address, "language": language} for address, language in languages],
        "waiting_emails": [{"address": one.address, "language": one.language} for one in account.waiting],
    }


def stored_recipients(before: Account | None, after: Account) -> Item:
    """The attributes beside `billing_emails` that a change of the account writes; None removes one. The version moves
    if the change is one of the addresses, their languages, or the level, but not if an address is confirmed.
    """
    if before is None:
        return {}
    waiting: list[Plain] = [one.item for one in after.waiting]
    attributes: dict[str, Plain] = {}
    if _stored(before) != _stored(after) or dict(before.languages) != languages_of(after):
        attributes |= {
            "languages": dict(languages_of(after)) or None,
            "waiting_emails": waiting or None,
            "addresses_asked_at": list(after.asked_at) or None,
        }
    if _seen(before) != _seen(after):
        attributes["notifications_version"] = before.notifications_version + 1
    return attributes


def _stored(account: Account) -> tuple[object, ...]:
    return account.waiting, account.asked_at


def _seen(account: Account) -> tuple[object, ...]:
    """What an admin sees of the e-mails, whether or not an address is confirmed."""
    own = {normalized_address(address): language_of(account, address) for address in account.billing_emails}
    return {normalized_address(one.address): one.language for one in account.waiting} | own, account.low_micros
