"""The recipients of an account's e-mails in the model: confirmed and waiting addresses, languages, and the level."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.laws.items import Items
from tests.laws.prices import instant, moment

PERSON = "user:b4d8e428-4071-70d2-9c5e-3f1f6a3b2c10"
"""The billing admin of the driver."""
WAITS = timedelta(days=7)
MOST, MOST_ASKED, MOST_PER_MAILBOX = 10, 10, 3
"""The addresses of an account, its requests in an hour, and the requests to one mailbox in a day."""
Waiting = dict[str, Any]
Wanted = list[tuple[str, str | None]]


@dataclass
class Recipients:
    """The e-mail settings of an account at a moment."""

    emails: list[str]
    languages: dict[str, str]
    waiting: list[Waiting]
    asked_at: list[str]
    low_micros: int | None
    version: int

    def language(self, address: str) -> str:
        """The language of a confirmed address, in any case."""
        known = {one.casefold(): language for one, language in self.languages.items()}
        return known.get(address.casefold(), "en")

    def shown(self, now: datetime) -> list[tuple[str, str, str]]:
        """Address, language, and status of each recipient, the confirmed ones first."""
        confirmed = [(one, self.language(one), "confirmed") for one in self.emails]
        return confirmed + [(one["address"], one["language"], "waiting") for one in self.live(now)]

    def live(self, now: datetime) -> list[Waiting]:
        """The addresses that wait still."""
        return [one for one in self.waiting if now < moment(one["asked_at"]) + WAITS]

    def stored(self) -> dict[str, Any]:
        """The attributes of the account's item."""
        languages = {one: self.language(one) for one in self.emails if self.language(one) != "en"}
        return {
            "billing_emails": self.emails,
            "languages": languages or None,
            "waiting_emails": self.waiting or None,
            "addresses_asked_at": self.asked_at or None,
            "low_micros": self.low_micros,
        }


def recipients_of(items: Items, account: str) -> Recipients:
    """The e-mail settings of an account."""
    item = items.items[f"ACCOUNT#{account}", "ACCOUNT"]
    return Recipients(
        list(item["billing_emails"]),
        dict(item.get("languages") or {}),
        list(item.get("waiting_emails") or ()),
        list(item.get("addresses_asked_at") or ()),
        item.get("low_micros"),
        item.get("notifications_version") or 0,
    )


def listed_by_the_operator(items: Items, account: str, emails: list[str]) -> dict[str, Any]:
    """The attributes after the operator lists addresses: no other receives e-mails, and none waits."""
    return recipients_of(items, account).stored() | {
        "billing_emails": emails,
        "languages": {one: two for one, two in recipients_of(items, account).languages.items() if one in emails}
        or None,
        "waiting_emails": None,
    }


def with_wanted(items: Items, account: str, wanted: Wanted, now: datetime, by: str = PERSON) -> Recipients:
    """The settings with exactly these recipients: known ones keep their state and spelling, new ones wait."""
    before = recipients_of(items, account)
    confirmed = {one.casefold(): one for one in before.emails}
    live = {one["address"].casefold(): one for one in before.live(now)}
    settings_version = items.items[f"ACCOUNT#{account}", "ACCOUNT"]["settings_version"]
    emails, waiting, languages, asked = [], [], dict(before.languages), 0
    for address, language in wanted:
        form = address.casefold()
        if form in confirmed:
            emails.append(confirmed[form])
            languages[confirmed[form]] = language or before.language(confirmed[form])
        elif form in live:
            waiting.append(live[form] | {"language": language or live[form]["language"]})
        else:
            asked += 1
            facts = {"address": address, "language": language or "en", "asked_at": instant(now), "by": by}
            waiting.append(facts | {"request_id": f"{settings_version + 1:06d}-{asked}"})
    recent = [at for at in before.asked_at if now - moment(at) < timedelta(hours=1)]
    asked_at = [*recent, *[instant(now)] * asked] if asked else before.asked_at
    return Recipients(emails, languages, waiting, asked_at, before.low_micros, before.version)


def requests_to_mailboxes(items: Items, before: Recipients, after: Recipients, now: datetime) -> dict[str, list[str]]:
    """When each mailbox that is asked now was asked within a day, by the key of its item. What follows a plus sign, and
    dots before the at sign, name no other mailbox.
    """
    known = [one["request_id"] for one in before.waiting]
    asked: dict[str, list[str]] = {}
    for one in after.waiting:
        if one["request_id"] not in known:
            local, domain = one["address"].casefold().split("@")
            mailbox = f"{local.split('+')[0].replace('.', '')}@{domain}"
            key = f"ASKED#{hashlib.sha256(mailbox.encode()).hexdigest()}"
            stored = items.items.get((key, "ASKED"), {"asked_at": []})["asked_at"]
            recent = [at for at in stored if now - moment(at) < timedelta(days=1)]
            asked[key] = [*asked.get(key, recent), instant(now)]
    return asked


def confirm(items: Items, account: str, link: str, request_id: str, now: datetime) -> str:
    """Follow a link of an account. Return what its page says then."""
    settings = recipients_of(items, account)
    if items.items[f"ACCOUNT#{account}", link].get("used_at"):
        return "confirmed"
    waits = [one for one in settings.live(now) if one["request_id"] == request_id]
    if not waits or len(settings.emails) >= MOST:
        return "full" if waits else "ended"
    settings.emails.append(waits[0]["address"])
    settings.languages[waits[0]["address"]] = waits[0]["language"]
    settings.waiting.remove(waits[0])
    items.store_account(account, **settings.stored())
    items.put(account, link, used_at=instant(now))
    return "confirmed"
