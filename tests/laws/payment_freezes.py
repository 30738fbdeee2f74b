"""Operations of payments that freeze and unfreeze accounts: by the operator, and by links in mails."""

from calling_credit.instants import format_instant
from calling_credit.links.link import freeze_link, hash_of
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from tests.harness.till import ACCOUNT
from tests.laws.payment_driver import FreezeLink, PaymentDriver, operation


@operation("freeze", 2)
def freeze(driver: PaymentDriver) -> None:
    """Freeze the account as the operator."""
    answer = driver.till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": True})
    driver.answered("freeze", answer, 200, 503)


@operation("unfreeze", 10)
def unfreeze(driver: PaymentDriver) -> None:
    """Unfreeze the account as the operator: no link handed out before acts."""
    was_frozen = driver.is_frozen()
    answer = driver.till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": False})
    driver.answered("unfreeze", answer, 200, 503)
    if was_frozen:
        for link in driver.links:
            link.acts = False


def make_usable(driver: PaymentDriver) -> None:
    """End the faults, and unfreeze the account."""
    driver.till.all_well()
    if driver.is_frozen():
        unfreeze(driver)


@operation("a mail with a freeze link", 4)
def mail_freeze_link(driver: PaymentDriver) -> None:
    """Hand out a freeze link, as an alert does."""
    stack, now = driver.till.world.stack, driver.till.world.clock.now
    link = freeze_link(ACCOUNT, f"evt_{driver.done.total()}", format_instant(now))
    url = issue_link(LinkStore(stack.dynamodb, stack.table_name), "test-secret", "https://page.test/", link, now)
    driver.links.append(FreezeLink(url.rpartition("/")[2], link.expires_at))


@operation("press a freeze link", 4)
def press_freeze_link(driver: PaymentDriver) -> None:
    """Press a freeze link, an old one or a used one too: it freezes once, unless an unfreezing has withdrawn it."""
    if driver.links:
        press(driver, driver.rng.choice(driver.links[-4:]))


def press_latest(driver: PaymentDriver) -> None:
    """Press the latest freeze link."""
    press(driver, driver.links[-1])


def press_latest_unused(driver: PaymentDriver) -> None:
    """Press the latest freeze link that never froze the account."""
    stored = [(link, f"LINK#{hash_of(link.token)}") for link in driver.links]
    unused = [link for link, key in stored if "used_at" not in driver.witness.item(f"ACCOUNT#{ACCOUNT}", key)]
    if unused:
        press(driver, unused[-1])


def press(driver: PaymentDriver, link: FreezeLink) -> None:
    """Press this link. It is marked as used if, and only if, it froze the account."""
    was_frozen = driver.is_frozen()
    stored = driver.witness.item(f"ACCOUNT#{ACCOUNT}", f"LINK#{hash_of(link.token)}")
    driver.answered("freeze link", driver.till.visit(link.token, "POST"), 200, 404, 409, 410, 503)
    acts = link.acts and link.expires_at > format_instant(driver.till.world.clock.now)
    assert driver.is_frozen() == (was_frozen or acts), f"law 11: a freeze link acts {acts}, yet the account is not so"
    after = driver.witness.item(f"ACCOUNT#{ACCOUNT}", f"LINK#{hash_of(link.token)}")
    if acts and not was_frozen:
        link.acts = False
        assert "used_at" in after, "law of links: a link froze the account and was not marked as used"
        driver.witness.seen["freezes by link"] += 1
    else:
        assert after.get("used_at") == stored.get("used_at"), "law of links: a link that froze nothing was spent"
