"""The recipients of an account's e-mails, and their languages. Reads no table."""

from calling_credit.accounts.account import Account
from calling_credit.accounts.name_index import normalized_address
from calling_credit.languages import DEFAULT_LANGUAGE


def language_of(account: Account, address: str) -> str | None:
    """The language of a billing address, in any case; None if the account has no such billing address."""
    form = normalized_address(address)
    if not form or form not in map(normalized_address, account.billing_emails):
        return None
    chosen = (language for own, language in account.languages.items() if normalized_address(own) == form)
    return next(chosen, DEFAULT_LANGUAGE)
