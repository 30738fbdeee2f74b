"""Operations of payments by people: customers pay and set their rule, calls spend, operators correct and freeze."""

from typing import Any

from calling_credit.instants import format_instant
from calling_credit.links.link import freeze_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from calling_credit.money import format_money
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, PROCESSING, VISA, declining
from tests.harness.recharging import a_call, talk
from tests.harness.till import ACCOUNT
from tests.harness.world import UNITED_KINGDOM
from tests.laws.payment_driver import NEIGHBOR, FreezeLink, PaymentDriver, operation

KINDS_OF_CARD = (
    VISA,
    VISA,
    VISA,
    MASTERCARD,
    MASTERCARD,
    "pm_card_amex",
    "pm_card_refundFail",
    DECLINED,
    CHALLENGED,
    "pm_card_authenticationRequired",
    declining("lost_card"),
    declining("insufficient_funds"),
    PROCESSING,
)
NEIGHBORS_KINDS = (VISA, MASTERCARD, "pm_card_amex")
REFUSED = (402, 403, 404, 409, 429, 503)
"""Refusals of payments, cards, and rules; each has a code that the run prints."""


@operation("pay", 14)
def pay(driver: PaymentDriver) -> None:
    """Add funds, or repeat an earlier request."""
    if driver.asked and driver.rng.random() < 0.3:
        amount, card, key = driver.rng.choice(driver.asked)
    else:
        amount = driver.rng.choice(("5.00", "25.00", "80.00"))
        card, key = driver.card(), f"key {len(driver.asked)}"
        driver.asked.append((amount, card, key))
    driver.answered("pay", driver.till.pay(amount, card, key=key), 201, *REFUSED)


@operation("the neighbor pays", 4)
def pay_next_door(driver: PaymentDriver) -> None:
    """Add funds to another account, with a card of a number that this account also uses."""
    card = driver.rng.choice(driver.neighbors_cards)
    driver.answered("neighbor", driver.till.pay("15.00", card, account=NEIGHBOR), 201, *REFUSED)


@operation("talk", 25)
def spend_by_call(driver: PaymentDriver) -> None:
    """Spend credit by a call."""
    talk(driver.till, driver.rng.choice((1, 5, 20)))


@operation("ask for a call", 8)
def ask_for_call(driver: PaymentDriver) -> None:
    """Ask for a call; if it is allowed, it is held and takes place."""
    call = a_call(driver.till, 1, UNITED_KINGDOM)
    answer = driver.till.world.authorize(call["call_id"])
    driver.answered("call", answer, 200, 403, 503)
    if answer.status == 200 and answer.body["decision"] == "allow":
        assert driver.till.world.deliver({**call, "line_id": "line_1"}) == []
    elif answer.status == 200:
        driver.answers[f"call {answer.body['reason']}"] += 1
        if answer.body["reason"] in ("insufficient_credit", "recharging"):
            driver.causes.refuse()


@operation("adjust", 8)
def adjust(driver: PaymentDriver) -> None:
    """Add or deduct credit as the operator."""
    micros = driver.rng.choice((-1, -1, 1)) * driver.rng.randint(1, 400) * 100_000
    driver.till.world.adjust(format_money(micros), f"adjustment {driver.done.total()}")


@operation("save a card", 9)
def save_card(driver: PaymentDriver) -> None:
    """Save a card on Stripe's page, often with a number that was saved before; the page's callback comes at once."""
    driver.till.all_well()
    kind = driver.rng.choice(KINDS_OF_CARD)
    before = {one["id"] for one in driver.till.objects("checkout.session")}
    answer = driver.till.world.ask("add_funds", "POST", "/payment-methods")
    driver.answered("save a card", answer, 201, *REFUSED)
    if answer.status != 201:
        return
    [session] = [one for one in driver.till.objects("checkout.session") if one["id"] not in before]
    driver.till.controls.complete_checkout(session["id"], kind)
    setup = driver.till.stand_in.account.objects["setup_intent"][session["setup_intent"]]
    driver.cards.append(str(setup["payment_method"]))
    card = driver.till.stand_in.account.objects["payment_method"][setup["payment_method"]]["card"]
    driver.witness.spared[card["fingerprint"]] = 1
    if driver.rng.random() < 0.8:
        driver.hear_all()


@operation("remove a card", 3)
def remove_card(driver: PaymentDriver) -> None:
    """Remove a card, through the API or at Stripe."""
    driver.till.all_well()
    card = driver.rng.choice(driver.cards)
    if driver.rng.random() < 0.5:
        answer = driver.till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}")
        driver.answered("remove a card", answer, 200, 204, 404, 503)
    elif driver.till.stand_in.account.objects["payment_method"][card]["customer"]:
        driver.till.sdk.v1.payment_methods.detach(card)


@operation("set the rule", 12)
def set_rule(driver: PaymentDriver) -> None:
    """Set the whole rule without a version, as a program does."""
    said = settings(driver) | {"enabled": driver.rng.random() < 0.9}
    before = driver.rule()
    answer = driver.answered("rule", driver.till.rule(**said), 200, *REFUSED)
    driver.note_arming(before, answer)


def settings(driver: PaymentDriver) -> dict[str, Any]:
    """Settings of a rule."""
    return {
        "threshold": driver.rng.choice(("10.00", "60.00", "150.00")),
        "amount": driver.rng.choice(("5.00", "20.00", "50.00")),
        "payment_method_id": driver.card(),
        "hourly_count": driver.rng.choice((1, 3, 20)),
        "daily_limit": driver.rng.choice(("50.00", "200.00", "1000.00")),
        "monthly_limit": driver.rng.choice(("100.00", "1000.00")),
    }


@operation("the operator switches the rule off", 2)
def switch_off(driver: PaymentDriver) -> None:
    """Switch the rule off as the operator."""
    body = {"enabled": False, "reason": "customer asked by phone"}
    answer = driver.till.world.operate("PUT", f"/accounts/{ACCOUNT}/auto-recharge", body)
    driver.answered("operator switches off", answer, 200, 404, 503)
    rule = driver.rule()
    assert answer.status != 200 or not rule.get("enabled"), "the operator's switch left the rule on"


@operation("the operator clears a card", 8)
def unblock(driver: PaymentDriver) -> None:
    """Clear the card of a payment or a saved card as the operator, after a talk with its holder."""
    blocked = sorted(driver.witness.blocked & set(driver.cards))
    card = driver.rng.choice(blocked or driver.cards)
    body = {"payment_method_id": card, "reason": "the holder confirmed the payments"}
    answer = driver.till.world.operate("POST", f"/accounts/{ACCOUNT}/cards/unblock", body)
    driver.answered("unblock", answer, 200, 404, 409, 503)
    if answer.status == 200:
        method = driver.till.stand_in.account.objects["payment_method"].get(card)
        if method:
            driver.witness.clear(method["card"]["fingerprint"])


# --- Freezing ---------------------------------------------------------------------------------------------------------


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
    if not driver.links:
        return
    link, was_frozen = driver.rng.choice(driver.links[-4:]), driver.is_frozen()
    driver.answered("freeze link", driver.till.visit(link.token, "POST"), 200, 404, 409, 410, 503)
    acts = link.acts and link.expires_at > format_instant(driver.till.world.clock.now)
    assert driver.is_frozen() == (was_frozen or acts), f"law 11: a freeze link acts {acts}, yet the account is not so"
    if acts and not was_frozen:
        link.acts = False
