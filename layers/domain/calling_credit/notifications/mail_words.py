"""The words of an event in a mail: looked up by its codes, or of a form that cannot hold words. Sends nothing.

A mail in our name must say nothing that someone else wrote. The sentences of an event, which other systems show, are
therefore never printed: a mail has its own for each code. Amounts, times, and ids are printed only in their exact form.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from calling_credit.country_names import names_by_country
from calling_credit.messages import formats
from calling_credit.messages.catalog import Messages, messages
from calling_credit.notifications.mail_fields import Data, instant, malformed, names, of_form, parts
from calling_credit.topups.declines import public_code

Content = tuple[str, list[str]]
"""Subject and paragraphs."""

LIMITS: Final = (
    "daily_spend",
    "call_price",
    "simultaneous_calls",
    "high_cost",
    "blocked",
    "high_cost_allowed",
    "daily_top_up",
)
"""The limits, as the API names them, in the order in which mails name them."""
MAX_COUNT: Final = 100_000
NO_TAX: Final = "0.00"
MAX_RISES: Final = 20
_MONEY: Final = re.compile(r"-?[0-9]{1,12}\.[0-9]{2,6}")
_LAST4: Final = re.compile(r"[0-9]{4}")
_MASKED: Final = re.compile(r"([A-Z]{2}|001)…([0-9]{2})")
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN_NAME: Final = re.compile(r"(?=.{1,60}$)[^\W\d_]+([ '-][^\W\d_]+){0,4}")


@dataclass(frozen=True, slots=True)
class MailWords:
    """The words of mails in one language.

    Raises:
        BadRequest: malformed_event, from every method for a field of another form than its event's.
    """

    language: str

    @property
    def _messages(self) -> Messages:
        return messages("mails", self.language)

    def text(self, key: str, **values: str) -> str:
        """A message."""
        return self._messages.text(key, **values)

    def mail(self, name: str, **values: str) -> Content:
        """The subject and the paragraphs of a mail."""
        return self.text(f"{name}.subject", **values), self._messages.paragraphs(name, **values)

    def money(self, data: Data, field: str) -> str:
        """An amount in dollars with its sign, such as `$25.00`."""
        return formats.money(of_form(_MONEY, data, field), self.language)

    def card(self, data: Data) -> str:
        """The card of a payment, such as `Visa ending 4242`, or its bank account. A backup card is named as one."""
        shown = data["payment_method"]
        brand, last4 = formats.BRANDS.get(str(shown["brand"]), ""), str(shown["last4"])
        has_digits = _LAST4.fullmatch(last4) is not None
        if shown["brand"] == formats.BANK_ACCOUNT:
            return self.text("bank.known", last4=last4) if has_digits else self.text("bank.none")
        if has_digits and brand:
            return self.text("card.backup" if data.get("backup") is True else "card.known", brand=brand, last4=last4)
        if has_digits:
            return self.text("card.other", last4=last4)
        return self.text("card.brand" if brand else "card.none", brand=brand)

    def payment(self, data: Data) -> dict[str, str]:
        """What a payment's card pays, and the card. Of credit that was moved, its amount."""
        return {"amount": self.money(data, "total" if "total" in data else "amount"), "card": self.card(data)}

    def paid(self, plain: str, taxed: str, data: Data) -> Content:
        """The mail about a credited payment: `plain`, or `taxed`, which tells credit and tax apart."""
        payment = self.payment(data)
        if data.get("tax", NO_TAX) == NO_TAX:
            return self.mail(plain, **payment)
        return self.mail(taxed, credit=self.money(data, "amount"), tax=self.money(data, "tax"), **payment)

    def day(self, data: Data, field: str) -> str:
        """The day of a time in UTC."""
        return formats.day(instant(data, field), self.language)

    def moment(self, data: Data, field: str) -> str:
        """A time in UTC."""
        return formats.instant(instant(data, field), self.language)

    def instant(self, text: str) -> str:
        """A time that this application wrote (RFC 3339, UTC)."""
        return formats.instant(datetime.fromisoformat(text), self.language)

    def month(self, data: Data, field: str) -> str:
        """A month, such as `2034-11`."""
        try:
            return formats.month(datetime.strptime(str(data[field]), "%Y-%m").replace(tzinfo=UTC), self.language)
        except ValueError:
            raise malformed(field) from None

    def rises(self, data: Data) -> list[str]:
        """The announced rises, a line for each country."""
        changes = parts(data, "changes")
        if len(changes) > MAX_RISES:
            raise malformed("changes")
        return [self.rise(one) for one in changes]

    def rise(self, data: Data) -> str:
        """The announced rise of a country's prices, in one line."""
        seconds, several = data["call_seconds"], int(self.count(data, "destinations")) > 1
        if seconds not in (60, 600):
            raise malformed("call_seconds")
        values = {
            "country": self.country(data),
            "price": self.money(data, "price"),
            "next": self.money(data, "next_price"),
            "day": self.day(data, "starts_at"),
        }
        line = self.text("rise.minute" if seconds == 60 else "rise.ten_minutes", **values)
        return self.text("rise.largest", line=line) if several else line

    def country(self, data: Data) -> str:
        """The name of a country in this language."""
        names = names_by_country().get(str(data["country"]))
        if names is None:
            raise malformed("country")
        french = names[1] if len(names) > 1 else names[0]
        return french if self.language == "fr" else names[0]

    def count(self, data: Data, field: str) -> str:
        """A small number."""
        value = data[field]
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
            raise malformed(field)
        return str(value)

    def line(self, data: Data) -> str:
        """A line, with its number shortened to the country and two digits if the mail knows it. Ids that could be read
        as an address are left out.
        """
        line_id, number = data["line_id"], _MASKED.fullmatch(str(data.get("line_number", "")))
        if not isinstance(line_id, str) or _PLAIN_ID.fullmatch(line_id) is None:
            return self.text("line.other")
        if number is None:
            return self.text("line.known", line=line_id)
        return self.text("line.numbered", line=line_id, digits=number[2])

    def user(self, data: Data) -> str:
        """The user of a budget. A name or an id that could be read as an address is left out."""
        name, user_id = str(data.get("user_name", "")), str(data["user_id"])
        if _PLAIN_NAME.fullmatch(name):
            return self.text("user.known", user=name)
        return self.text("user.known", user=user_id) if _PLAIN_ID.fullmatch(user_id) else self.text("user.other")

    def destination(self, data: Data) -> str:
        """The destination of a call, which the event shows as its country and the last two digits of the number."""
        found = _MASKED.fullmatch(str(data["to"]))
        if found is None:
            return self.text("destination.other")
        return self.text("destination.known", country=found[1], digits=found[2])

    def decline(self, data: Data) -> str:
        """The sentence about a failed payment; for an unknown code, that it was declined."""
        return self._reason("decline", public_code(str(data["failure"]["code"])), data)

    def suspension(self, data: Data) -> str:
        """The sentence about a suspension."""
        return self._reason("suspension", str(data["reason"]), data)

    def _reason(self, group: str, code: str, data: Data) -> str:
        """The sentence of a code; a bank account has other words for some codes than a card."""
        reasons = messages("reasons", self.language)
        is_bank = data["payment_method"]["brand"] == formats.BANK_ACCOUNT
        of_bank = f"{group}_bank"
        own = of_bank if is_bank and f"{of_bank}.{code}" in reasons.texts else group
        return reasons.coded(own, code, card=self.card(data))

    def denial(self, data: Data) -> str:
        """The sentence about a refused call."""
        return self._messages.coded("denial", str(data["reason"]))

    def limits(self, data: Data) -> str:
        """The limits of a change, such as `spending of a day, price of one call`."""
        loosened = names(data, "limits")
        named = [self.text(f"limit.{name}") for name in LIMITS if name in loosened]
        return ", ".join(named) or self.text("limit.other")

    def changer(self, data: Data) -> str:
        """Who made a change: a user of the account, or the phone company. Names and addresses are left out."""
        is_own = str(data["by"]).partition(":")[0] in {"user", "link"}
        return self.text("changer.user" if is_own else "changer.other")
