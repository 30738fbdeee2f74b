"""Operations of payments with US bank accounts: they are saved on Stripe's page and pay after days, or fail, or are
returned after they paid; and the operator allows them to rules or not.
"""

from typing import Any

from tests.harness.cards import bank_account, is_bank_account
from tests.harness.till import ACCOUNT
from tests.laws.payment_driver import NEIGHBOR, PaymentDriver, operation
from tests.laws.payment_freezes import make_usable
from tests.laws.payment_people import REFUSED, pay_with, save_on_page

PAYS, RETURNED, UNFUNDED, CLOSED = map(bank_account, ("success", "dispute", "insufficientFunds", "accountClosed"))
KINDS_OF_BANK_ACCOUNT = (PAYS, PAYS, RETURNED, UNFUNDED, CLOSED)


@operation("save a bank account", 3)
def save_bank_account(driver: PaymentDriver) -> None:
    """Save a bank account on Stripe's page, often one that was saved before."""
    driver.till.all_well()
    save_bank_account_of(driver, driver.rng.choice(KINDS_OF_BANK_ACCOUNT))


def save_bank_account_of(driver: PaymentDriver, kind: str) -> str | None:
    """Save a bank account of this kind. Return its id, or None if the account may not save any now."""
    saved = save_on_page(driver, kind, {"type": "us_bank_account"})
    if saved:
        driver.banks.append(saved)
    return saved


@operation("pay from a bank account", 5)
def pay_from_bank_account(driver: PaymentDriver) -> None:
    """Add funds from a bank account, mostly one that is still saved."""
    banks = driver.saved_among(driver.banks) or driver.banks
    if banks:
        pay_with(driver, driver.rng.choice(banks))


@operation("the neighbor pays from a bank account", 1)
def pay_next_door_from_bank_account(driver: PaymentDriver) -> None:
    """Add funds to another account, from a bank account that this account may have too."""
    driver.till.all_well()
    pay_next_door_from(driver, driver.rng.choice((PAYS, RETURNED)))


def pay_next_door_from(driver: PaymentDriver, kind: str) -> None:
    """Add funds to the other account from a bank account of this kind, which is saved before."""
    saved = save_on_page(driver, kind, {"type": "us_bank_account"}, account=NEIGHBOR)
    if saved:
        driver.answered("neighbor", driver.till.pay("15.00", saved, account=NEIGHBOR), 201, *REFUSED)


@operation("days at the banks", 7)
def pass_days(driver: PaymentDriver) -> None:
    """A day or four pass, and the banks answer; sometimes the callbacks come at once."""
    days_pass(driver, driver.rng.choice((1, 4)))
    if driver.rng.random() < 0.6:
        driver.hear_all()


def days_pass(driver: PaymentDriver, days: int) -> list[str]:
    """Let days pass. Return the charges that were answered."""
    driver.till.later(days=days)
    return driver.hear_banks()


def days_pass_and_tell(driver: PaymentDriver, days: int) -> None:
    """Let days pass while Stripe answers and every callback comes at once; what Stripe kept is credited, no more."""
    charges = days_pass(driver, days)
    driver.till.all_well()
    driver.hear_all()
    for charge_id in charges:
        if driver.till.stand_in.account.objects["charge"][charge_id]["status"] == "succeeded":
            driver.book.check_taken_back(charge_id)


@operation("the operator decides about bank accounts", 3)
def allow_bank_accounts(driver: PaymentDriver) -> None:
    """The operator lets rules use bank accounts, or ends that."""
    driver.allow_banks(not driver.witness.banks_allowed)


def still_processing(driver: PaymentDriver) -> None:
    """Check that each bank payment that was sent is processing here as long as it is at Stripe, and is not credited."""
    objects = driver.till.stand_in.account.objects
    known = {item["topup_id"]: item for item in driver.till.top_ups()}
    for intent in objects["payment_intent"].values():
        item: dict[str, Any] = known.get(intent["metadata"].get("topup_id"), {})
        method = objects["payment_method"].get(intent["payment_method"] or "")
        if item and intent["status"] == "processing" and method and is_bank_account(method):
            assert item["status"] in ("created", "confirming", "processing"), f"law 5: it is {item['status']}"
            driver.witness.seen["bank payments under way for days"] += 1


def bank_of(driver: PaymentDriver, kind: str) -> str:
    """A saved bank account of this kind that Stripe may debit, saved now if there is none."""
    account = driver.till.stand_in.account
    name = kind.removeprefix("pm_")
    saved = [one for one in driver.saved_among(driver.banks) if name in account.cards[one].names]
    usable = [one for one in saved if one in account.set_up]
    if usable:
        return driver.rng.choice(usable)
    make_usable(driver)
    made = save_bank_account_of(driver, kind)
    return made or (saved or driver.banks or driver.cards)[-1]


def is_own(intent: dict[str, Any]) -> bool:
    """Whether a payment is the account's, and not the neighbor's."""
    return bool(intent["metadata"].get("account_id") == ACCOUNT)
