"""The cards for balance, automatic recharge, and usage, as a billing admin reads and sets them."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import boto3
from playwright.sync_api import Locator, expect

from calling_credit.dynamodb import keys
from local.stack import Stack
from tests.browser.conftest import CALLS, Visit
from tests.browser.visitor import Device, Visitor
from tests.stack.conftest import eventually
from tests.stack.customers import Customer

CHICAGO = ZoneInfo("America/Chicago")


def recharge(visitor: Visitor) -> Locator:
    """Return the card."""
    return visitor.card("Automatic recharge")


def switch(visitor: Visitor) -> Locator:
    """Return the switch of automatic recharge."""
    return visitor.page.get_by_role("switch", name="Automatic recharge")


# --- Balance


def test_balance_card_shows_thirty_days_as_chart_and_table(read: Visit, caller: Customer, device: Device) -> None:
    visitor = read(device)
    card, found = visitor.card("Balance"), caller.stack.api.get("/balance", caller.token)
    shown = card.locator(".amount").inner_text()
    assert shown == f"${Decimal(found['available']).quantize(Decimal('0.01'), 'ROUND_FLOOR')}"
    expect(card.get_by_role("img", name="Balance, last 30 days")).to_be_visible()
    card.get_by_text("Show as a table").click()
    rows = visitor.rows(card)
    assert len(rows) == 30
    assert rows[-1][1] == in_cents(found["balance"])
    statement = caller.stack.api.get("/statement", caller.token, **{"from": "2020-01-01"}, by="day")
    closings = {in_cents(day["closing_balance"]) for day in statement["days"]}
    assert len({row[1] for row in rows}) == len(closings | {"$0.00"})


def test_balance_card_shows_how_long_the_credit_lasts(read: Visit, caller: Customer) -> None:
    found = caller.stack.api.get("/forecast", caller.token)
    visitor = read()
    card, last = visitor.card("Balance"), datetime.fromisoformat(found["lasts_until"])
    visitor.sees(last.strftime("%b %-d, %Y"), card)
    for one in found["destinations"]:
        visitor.sees(f"{one['minutes_left']:,} min", card)
        visitor.sees(f"to {one['destination']}", card)


def test_balance_card_explains_holds(visit: Visit, customer: Customer, deployed: Stack) -> None:
    boto3.client("dynamodb").update_item(
        TableName=deployed.outputs["TableName"],
        Key={"PK": {"S": keys.account_pk(customer.account_id)}, "SK": {"S": keys.balance_sk()}},
        UpdateExpression="ADD held_micros :held, available_micros :less",
        ExpressionAttributeValues={":held": {"N": "1250000"}, ":less": {"N": "-1250000"}},
    )
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.sees("$48.75", visitor.card("Balance"))
    visitor.page.get_by_text("$1.25 is on hold for calls in progress").click()
    visitor.sees(re.compile("we hold its maximum cost"))


def test_negative_balance_asks_to_add_funds(visit: Visit, customer: Customer, deployed: Stack) -> None:
    body = {"amount": "-52.50", "reason": "A test"}
    path, key = f"/accounts/{customer.account_id}/adjustments", {"Idempotency-Key": "below"}
    deployed.api.send("POST", path, deployed.operator_token(), body, key)
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.sees("-$2.50", visitor.card("Balance"))
    visitor.sees("Add $2.50 to bring the credit back to zero")


# --- Automatic recharge


def test_rule_can_be_created_changed_and_turned_off_and_on(visit: Visit, customer: Customer, device: Device) -> None:
    card = customer.save_card()
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.sees("Off. Turn it on to add credit before you run out", recharge(visitor))
    switch(visitor).click()
    visitor.page.get_by_label("When the balance falls below").fill("20")
    visitor.page.get_by_label("Recharge amount").fill("45")
    visitor.press("Save and turn on")
    visitor.sees(re.compile(r"^It adds \$45.00 with Visa ending 4242 when the balance falls below \$20.00."))
    rule = customer.rule()
    assert (rule["enabled"], rule["threshold"], rule["amount"], rule["payment_method_id"]) == (
        True,
        "20.00",
        "45.00",
        card,
    )
    visitor.press("Change", recharge(visitor))
    recharge(visitor).get_by_text("Limits", exact=True).click()
    visitor.page.get_by_label("Daily limit").fill("90")
    visitor.page.get_by_label("Recharges per hour").fill("2")
    visitor.press("Save changes")
    visitor.wait(lambda: customer.rule()["daily_limit"] == "90.00")
    assert customer.rule()["hourly_count"] == 2
    visitor.settle()
    switch(visitor).click()
    visitor.sees("Off. When turned on, it adds $45.00 with Visa ending 4242", recharge(visitor))
    assert customer.rule()["enabled"] is False
    switch(visitor).click()
    visitor.sees(re.compile("^It adds"), recharge(visitor))
    assert customer.rule()["enabled"] is True


def test_form_simulates_the_rule_while_the_user_types(visit: Visit, caller: Customer) -> None:
    visitor = visit()
    visitor.sign_in(caller.email)
    switch(visitor).click()
    for threshold in ("99.00", "1.00"):
        body = {"threshold": threshold, "amount": "5.00"}
        visitor.page.get_by_label("Recharge amount").fill("5")
        visitor.page.get_by_label("When the balance falls below").fill(threshold)
        found = caller.stack.api.send("POST", "/auto-recharge/simulate", caller.token, body)
        words = f"{found['charges']} recharges? (${found['charged']})" if found["charges"] else "no recharges"
        visitor.sees(re.compile(re.sub(r"[$.()]", r"\\\g<0>", words)), recharge(visitor))
    assert caller.rule()["amount"] is None


def test_rule_form_explains_invalid_values(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card())
    before = customer.rule()
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.press("Change", recharge(visitor))
    recharge(visitor).locator("details").evaluate("limits => { limits.open = true; }")
    for label, right, wrong, message in (
        ("Recharge amount", "50", "501", "Enter an amount from $5.00 to $500.00."),
        ("When the balance falls below", "40", "ten", "Enter an amount in dollars and cents, such as 25.00."),
        ("Daily limit", "200", "49", "Enter at least the recharge amount."),
        ("Recharges per hour", "3", "21", "Enter a whole number from 1 to 20."),
    ):
        field = visitor.page.get_by_label(label)
        field.fill(wrong)
        visitor.press("Save changes")
        expect(field).to_be_focused()
        expect(field).to_have_accessible_description(message)
        field.fill(right)
    assert customer.rule() == before


def test_rule_form_keeps_its_input_while_a_card_is_added(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.sign_in(customer.email)
    switch(visitor).click()
    visitor.page.get_by_label("Recharge amount").fill("75.00")
    visitor.press("Add a card", recharge(visitor))
    visitor.save_card("4444")
    visitor.enter_password(customer.email)
    visitor.sees("Save the rule to use this card for automatic recharge.", recharge(visitor))
    expect(visitor.page.get_by_label("Recharge amount")).to_have_value("75.00")
    visitor.press("Save and turn on")
    visitor.sees("It adds $75.00 with Mastercard ending 4444", recharge(visitor))


def test_decline_pauses_the_rule_and_shows_the_next_attempt(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card("pm_card_chargeCustomerFail"), threshold="60.00")
    eventually(lambda: customer.rule()["status"] == "paused", seconds=60)
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.sees("Paused: the card was declined.", recharge(visitor))
    next_at = datetime.fromisoformat(customer.rule()["next_attempt_at"]).astimezone(CHICAGO)
    text = recharge(visitor).get_by_text("We can try again").inner_text()
    assert next_at.strftime("%-I:%M") in text


def test_bank_confirmation_resumes_the_rule(visit: Visit, customer: Customer, device: Device) -> None:
    customer.set_rule(customer.save_card("pm_card_authenticationRequired"), threshold="60.00")
    eventually(lambda: customer.rule()["status"] == "suspended", seconds=60)
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.sees("Paused: your bank asked for confirmation.", recharge(visitor))
    recharge(visitor).get_by_role("link", name="Confirm payment").click()
    visitor.press("Confirm payment")
    visitor.press("Confirm")
    visitor.enter_password(customer.email)
    visitor.sees("Payment confirmed", visitor.card("Add funds"))
    visitor.sees("$100.00", visitor.card("Balance"))
    visitor.sees("It adds $50.00 with Visa ending 3184", recharge(visitor))
    assert customer.statuses() == ["succeeded"]


# --- Usage


def in_cents(amount: str) -> str:
    """A sum as the page shows it."""
    return f"${Decimal(amount).quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def test_usage_is_shown_by_category_and_day_for_the_chosen_dates(read: Visit, caller: Customer, device: Device) -> None:
    visitor = read(device)
    card = visitor.card("Balance usage")
    today = datetime.now(CHICAGO).date()
    month_end = today.replace(day=1) - timedelta(days=1)
    ranges = {
        "This month": (today.replace(day=1), today),
        "Last month": (month_end.replace(day=1), month_end),
        "Last 7 days": (today - timedelta(days=6), today),
    }
    found: dict[str, Any] = {}
    for choice, (first, last) in ranges.items():
        card.get_by_label("Dates").select_option(choice)
        visitor.settle()
        found = caller.stack.api.get("/usage", caller.token, **{"from": str(first), "to": str(last)})
        if not found["categories"]:
            visitor.sees("No charged calls in this period.", card)
            continue
        visitor.sees(in_cents(found["total"]), card)
        rows = card.locator("table.stacked tbody tr")
        expect(rows).to_have_count(len(found["categories"]))
        for category in found["categories"]:
            row = rows.filter(has_text=category["label"])
            expect(row).to_contain_text(str(category["calls"]))
            assert row.locator("td").nth(2).inner_text() == in_cents(category["total"])
    assert found["categories"][0]["calls"] == CALLS - 1
    card.get_by_label("Dates").select_option("Custom")
    day = str((datetime.now(UTC) - timedelta(days=2)).astimezone(CHICAGO).date())
    card.get_by_label("From").fill(day)
    card.get_by_label("To", exact=True).fill(day)
    visitor.settle()
    one = caller.stack.api.get("/usage", caller.token, **{"from": day, "to": day})
    visitor.sees(in_cents(one["total"]), card)
    card.get_by_label("To", exact=True).fill("2020-01-01")
    visitor.sees("Choose a date on or after the start date.", card)
    expect(card.get_by_role("img", name="Spend by day")).to_be_visible()
