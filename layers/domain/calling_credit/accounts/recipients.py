"""The recipients of an account's e-mails, and their languages. Reads no table."""

from collections.abc import Mapping

from calling_credit.accounts.account import Account
from calling_credit.accounts.name_index import normalized_address
from calling_credit.languages import DEFAULT_LANGUAGE, LANGUAGES


def language_of(account: Account, address: str) -> str | None:
    """The language of a billing address, in any case; None if the account has no such billing address."""
    form = normalized_address(address)
    if not form or form not in map(normalized_address, account.billing_emails):
        return None
    return language_among(account.languages, address)


def language_among(languages: Mapping[str, str], address: str) -> str:
    """The language that an address, in any case, has among `{address: language}`; the default if it has none."""
    form = normalized_address(address)
    chosen = (language for own, language in languages.items() if normalized_address(own) == form)
    return next((language for language in chosen if language in LANGUAGES), DEFAULT_LANGUAGE)
