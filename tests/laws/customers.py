"""Further writes of customers in the seeded driver: who receives the e-mails, all lines at once, and the freeze. The
expected table follows from the contract alone.
"""

import hashlib
import re
from datetime import timedelta
from typing import Any

from calling_credit.links.link import Link, LinkPurpose
from calling_credit.links.tokens import issue_link
from tests.functions.freeze_bench import SECRET
from tests.harness.http import Answer
from tests.laws.checks import law_8_no_other_account_is_named
from tests.laws.driver import Driver, Letter, expect, operation
from tests.laws.operations import start_cold
from tests.laws.prices import instant, moment, money
from tests.laws.recipients import (
    MOST,
    MOST_ASKED,
    MOST_PER_MAILBOX,
    PERSON,
    WAITS,
    Recipients,
    Wanted,
    confirm,
    recipients_of,
    requests_to_mailboxes,
    with_wanted,
)

PAGES = {"confirmed": "Address confirmed", "ended": "Nothing to confirm", "full": "Not possible now"}
"""The heading of the page of a link."""


# ----------------------------------------------------------------------------------------------------------------------
# Lines, and the freeze
# ----------------------------------------------------------------------------------------------------------------------


@operation("switch a line", 50)
def switch_line(driver: Driver) -> None:
    """Switch international calling of an own line as a billing admin. A frozen account switches off only."""
    account = driver.account()
    line, enabled = driver.rng.choice(driver.ids(account, "LINE")), driver.rng.random() < 0.7
    was, stored = (driver.model.items[f"ACCOUNT#{account}", sk] for sk in (f"LINE#{line}", "ACCOUNT"))
    answer = driver.customer(account, "PUT", f"/lines/{line}", {"international_calling": enabled})
    if enabled and not was["international_calling"] and stored.get("frozen_at"):
        assert expect(answer, 403)["code"] == "account_frozen"
        return
    assert expect(answer, 200)["international_calling"] is enabled
    if was["international_calling"] is not enabled:
        driver.model.keep_line(account, line, PERSON, driver.now, international_calling=enabled)


@operation("switch all lines", 30)
def switch_all_lines(driver: Driver) -> None:
    """Switch all lines, or those after one, in the order of their ids. A frozen account turns none on, law 4."""
    account, enabled = driver.account(), driver.rng.random() < 0.6
    after = driver.rng.choice((None, None, "line_1", "line_2"))
    lines = [(sk.split("#")[1], line) for sk, line in driver.model.of(account, "LINE#")]
    page = [(name, line) for name, line in lines if after is None or name > after]
    changed = [name for name, line in page if line["international_calling"] is not enabled]
    body = {"international_calling": enabled} | ({"cursor": after} if after else {})
    answer = driver.customer(account, "PUT", "/lines", body)
    if enabled and changed and driver.model.items[f"ACCOUNT#{account}", "ACCOUNT"].get("frozen_at"):
        assert expect(answer, 403)["code"] == "account_frozen"
        driver.model.count("all lines: account_frozen")
        driver.settle("", unchanged=True)
        return
    for name in changed:
        driver.model.keep_line(account, name, PERSON, driver.now, international_calling=enabled)
    counts = {"changed": len(changed), "unchanged": len(page) - len(changed), "next_cursor": None}
    assert expect(answer, 200) == counts
    driver.model.count(f"all lines: {'on' if enabled else 'off'}", len(changed))


@operation("freeze an account as its admin", 12)
def freeze_own_account(driver: Driver) -> None:
    """Freeze the own account; once it is frozen, the request changes nothing, law 3."""
    account = driver.account()
    driver.model.freeze(account, PERSON, driver.now)
    assert expect(driver.customer(account, "POST", "/freeze", {}), 200) == {"frozen": True}


@operation("confirm a country", 12)
def confirm_country(driver: Driver) -> None:
    """Confirm a country as an admin; a second request changes nothing, and a frozen account confirms none, law 4."""
    account, country = driver.account(), driver.rng.choice(("FR", "JP"))
    answer = driver.customer(account, "POST", f"/countries/{country}/confirm", {})
    name = (f"ACCOUNT#{account}", f"KNOWN#{country}")
    if name not in driver.model.items and driver.model.items[f"ACCOUNT#{account}", "ACCOUNT"].get("frozen_at"):
        assert expect(answer, 403)["code"] == "account_frozen"
        driver.settle("", unchanged=True)
        return
    if name not in driver.model.items:
        driver.model.items[name] = {"confirmed_at": instant(driver.now), "confirmed_by": PERSON}
        driver.model.touched.add(name)
    assert expect(answer, 200) == {"country": country, "confirmed_at": driver.model.items[name]["confirmed_at"]}


# ----------------------------------------------------------------------------------------------------------------------
# Who receives the e-mails
# ----------------------------------------------------------------------------------------------------------------------


@operation("choose who receives e-mails", 70)
def choose_recipients(driver: Driver) -> None:
    """Keep some recipients, add others, change languages and the level, with or without the version that a tab shows.
    Too many requests to confirm, and an older version, change nothing, law 4.
    """
    account, model = driver.account(), driver.model
    before, body, wanted = recipients_of(model, account), dict[str, Any](), None
    if driver.rng.random() < 0.9:
        wanted = some_recipients(driver, before)
        body["recipients"] = [{"address": one} | ({"language": two} if two else {}) for one, two in wanted]
    after = before if wanted is None else with_wanted(model, account, wanted, driver.now)
    if driver.rng.random() < 0.4:
        cents = driver.rng.choice((None, 0, 500, 1_000_000))
        body["low_balance"] = None if cents is None else money(cents * 10_000)
        after.low_micros = None if cents is None else cents * 10_000
    version = driver.rng.choice((None, None, before.version, max(0, before.version - 1)))
    before = recipients_of(model, account)
    if version is not None:
        body["version"] = version
    answer = driver.customer(account, "PUT", "/notifications", body)
    store_recipients(driver, account, before, after, answer, is_outdated=version not in (None, before.version))


def some_recipients(driver: Driver, before: Recipients) -> Wanted:
    """Some of the present recipients, in any spelling, and new ones; sometimes as many as there may be."""
    kept = [address for address, _, _ in before.shown(driver.now) if driver.rng.random() < 0.8]
    number = driver.rng.choice((0, 1, 1, 2, MOST))
    new = [f"{name}@example.org" for name in ("lin", "L.in", "lin+2", "zoë".replace("ë", "e"))]
    new += [f"p{driver.rng.randint(1, 400)}@example.net" for _ in range(number)]
    drawn = driver.rng.sample(sorted(set(new)), min(number, len(set(new))))
    wanted: dict[str, str] = {}
    for address in [*kept, *drawn][:MOST]:
        wanted.setdefault(address.casefold(), address.upper() if driver.rng.random() < 0.1 else address)
    order = list(wanted.values())
    if driver.rng.random() < 0.2:
        driver.rng.shuffle(order)
    return [(address, driver.rng.choice((None, None, "en", "fr"))) for address in order]


def store_recipients(
    driver: Driver, account: str, before: Recipients, after: Recipients, answer: Answer, *, is_outdated: bool
) -> None:
    """Check the answer to a change of the recipients, and change the model."""
    model, now = driver.model, driver.now
    asked = requests_to_mailboxes(model, before, after, now)
    is_same = seen(before, now) == seen(after, now)
    refusal = None
    if is_outdated and not is_same:
        refusal = 409, "changed_meanwhile"
    elif (asked and len(after.asked_at) > MOST_ASKED) or any(len(one) > MOST_PER_MAILBOX for one in asked.values()):
        refusal = 429, "too_many_confirmations"
    if refusal:
        assert (answer.status, answer.code) == refusal, f"{answer.status} {answer.text} instead of {refusal}"
        model.count(f"recipients: {refusal[1]}")
        driver.settle("", unchanged=True)
        return
    if after.stored() != before.stored():
        model.store_account(account, **after.stored())
        model.count("recipients: changed")
    for key, times in asked.items():
        model.items[key, "ASKED"] = {"asked_at": times}
        model.touched.add((key, "ASKED"))
    model.count("recipients: asked to confirm", sum(map(len, asked.values())) if asked else 0)
    shown = [(one["address"], one["language"], one["status"]) for one in expect(answer, 200)["recipients"]]
    assert shown == recipients_of(model, account).shown(now)
    assert answer.body["version"] == recipients_of(model, account).version


def seen(settings: Recipients, now: Any) -> tuple[dict[str, str], int | None]:
    """What an older tab must not change: the addresses that are shown, their languages, and the level."""
    return {address.casefold(): two for address, two, _ in settings.shown(now)}, settings.low_micros


@operation("choose the language of the own address", 15)
def choose_language(driver: Driver) -> None:
    """Any member sets the language of their own address; an address that receives nothing changes nothing."""
    account, model = driver.account(), driver.model
    before, language = recipients_of(model, account), driver.rng.choice(("en", "fr"))
    shown = before.shown(driver.now)
    own = driver.rng.choice([*(address for address, _, _ in shown), "unlisted@example.com"])
    claims = {"email": own.upper() if driver.rng.random() < 0.3 else own}
    body = {"language": language}
    answer = driver.customer(account, "PUT", "/notifications/language", body, group=["member"], claims=claims)
    if own == "unlisted@example.com":
        assert expect(answer, 200) == {"language": None}
        driver.settle("", unchanged=True)
        return
    assert expect(answer, 200) == {"language": language}
    wanted: Wanted = [(address, language if address == own else None) for address, _, _ in shown]
    after = with_wanted(model, account, wanted, driver.now)
    if after.stored() != before.stored():
        model.store_account(account, **after.stored())


@operation("mail a waiting address its link", 40)
def mail_link(driver: Driver) -> None:
    """Hand out the link of a waiting address, as the e-mail to it does; sometimes again."""
    account, item = waiting_account(driver)
    if item is None:
        return
    expires_at = instant(moment(item["asked_at"]) + WAITS)
    link = Link(LinkPurpose.CONFIRM_ADDRESS, account, item["request_id"], expires_at)
    links = driver.stack.apps["follow_links"].links
    token = issue_link(links, SECRET, "https://page.test/", link, driver.now).rpartition("/")[2]
    letter = Letter(account, item["request_id"], expires_at, token)
    if letter not in driver.letters:
        driver.letters.append(letter)
        driver.model.put(account, link_sk(letter), purpose="confirm_address", target=item["request_id"])


def waiting_account(driver: Driver) -> tuple[str, Any]:
    """An account and one of its waiting addresses; None if there is none."""
    found = [
        (account, one) for account in driver.accounts() for one in recipients_of(driver.model, account).live(driver.now)
    ]
    return driver.rng.choice(found) if found else ("", None)


def link_sk(letter: Letter) -> str:
    """The sort key of the item of a link."""
    return f"LINK#{hashlib.sha256(letter.token.encode()).hexdigest()}"


@operation("follow the link of a waiting address", 40)
def follow_link(driver: Driver) -> None:
    """Press the button of a link, a recent one mostly: it confirms its address once, while it waits. Sometimes a week
    passes before.
    """
    if not driver.letters:
        return
    letter = driver.rng.choice(driver.letters[-6:] if driver.rng.random() < 0.7 else driver.letters)
    if driver.rng.random() < 0.04:
        driver.now += timedelta(days=7)
        start_cold(driver)
    before = len(driver.wire.sent)
    answer = driver.ask("follow_links", "POST", f"/links/{letter.token}")
    law_8_no_other_account_is_named(driver.wire.sent[before:], letter.account)
    if letter.expires_at <= instant(driver.now):
        expected = "Link not valid"
    else:
        sk = link_sk(letter)
        expected = PAGES[confirm(driver.model, letter.account, sk, letter.request_id, driver.now)]
    assert re.findall("<h1>(.*)</h1>", answer.text) == [expected], answer.text
    driver.model.count(f"link of an address: {expected}")
