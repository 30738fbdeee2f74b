"""The accounts of the screenshots: companies with a month of calls."""

import json
import random
from datetime import UTC, datetime, timedelta

from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.ledger.adjustments import Adjustment, adjust_balance
from local.seed import ADMIN, Person, create_sign_in
from local.stack import Stack
from ops.actor import this_operator
from tests.stack.customers import Customer
from tests.stack.test_calls import make_call, number_of, send

SEED, DAYS, ZONE = 11, 29, "America/New_York"


PEOPLE = {"user_ana": "Ana Ruiz", "user_ben": "Ben Okafor", "user_chloe": "Chloe Martin"}


FREQUENT_NUMBERS = (
    "+442071838750",
    "+447400123456",
    "+33142685300",
    "+525512345678",
    "+919876543210",
    "+8613912345678",
    "+4930123456",
    "+18765550100",
    "+5511987654321",
)


def open_company(stack: Stack, account_id: str) -> Customer:
    """Open a company with users, lines, and credit that dates back a month."""
    token, path = stack.operator_token(), f"/accounts/{account_id}"
    stack.api.send("PUT", path, token, {"time_zone": ZONE})
    for number, (user_id, name) in enumerate(PEOPLE.items()):
        stack.api.send("PUT", f"{path}/users/{user_id}", token, {"name": name})
        line = {
            "number": number_of(f"{account_id} {number}", "+1212"),
            "user_id": user_id,
            "international_calling": number < 2,
        }
        stack.api.send("PUT", f"{path}/lines/line_{number}", token, line)
    person = Person("user_ana", "Ana Ruiz", f"ana@{account_id}.example", ADMIN)
    stack.users.append(create_sign_in(stack.outputs["UserPoolId"], account_id, person))
    for days_ago, dollars, reason in ((DAYS, 75, "Opening credit"), (12, 60, "Paid by bank transfer")):
        adjustment, then = Adjustment(dollars * 1_000_000, reason), datetime.now(UTC) - timedelta(days=days_ago)
        adjust_balance(
            dynamodb_client(), stack.outputs["TableName"], account_id, reason, adjustment, ZONE, this_operator(), then
        )
    return Customer(stack, account_id, person.email, stack.user_token(person.email))


def call_for_a_month(customer: Customer) -> None:
    """Make some calls on each day, fewer at weekends."""
    choose = random.Random(SEED)
    calls = []
    for day in range(DAYS):
        noon = datetime.now(UTC).replace(hour=17, minute=0) - timedelta(days=day + 1)
        for _ in range(choose.randint(1, 4) if noon.weekday() > 4 else choose.randint(6, 16)):
            is_premium = choose.random() < 0.02
            dialled = "+19005550123" if is_premium else choose.choice(FREQUENT_NUMBERS)
            started = noon + timedelta(minutes=choose.randint(-240, 240))
            seconds = 40 if is_premium else 20 + int(choose.expovariate(1 / 500))
            calls.append(make_call(customer.account_id, dialled, seconds, started, user_id=choose.choice(list(PEOPLE))))
    send(customer.stack, [json.dumps(call) for call in calls])
    customer.stack.wait_until_rated()
