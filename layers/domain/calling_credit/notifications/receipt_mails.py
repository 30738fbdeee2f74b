"""The e-mails about receipts and credit notes, for accounts that chose them. Sends nothing."""

import re
from typing import Final

from calling_credit.notifications.mail_fields import Data, of_form, payment_id
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mail_words import Content, MailWords
from calling_credit.topups.documents import NoteCause

_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{6,12}")


def receipt_issued(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    """The mail about a receipt."""
    return words.mail("receipt_issued", **_document(data, words))


def credit_note_issued(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    """The mail about a credit note, or about a debit note for credit that was returned."""
    name = "debit_note_issued" if data["cause"] == NoteCause.RETURNED else "credit_note_issued"
    return words.mail(name, **_document(data, words))


def _document(data: Data, words: MailWords) -> dict[str, str]:
    """The number, the amounts without sign, the payment, and the card of a document."""
    amounts = {name: words.money(data, name).removeprefix("-") for name in ("net", "tax", "total")}
    number = of_form(_NUMBER, data, "number")
    return {"number": number, "card": words.card(data), "payment": payment_id(data), **amounts}
