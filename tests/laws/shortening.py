"""The operation of the seeded driver that shortens old numbers: law 9 allows only that, and calls that are delivered
again stay replays.
"""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from calling_credit.accounts import retention
from calling_credit.dynamodb.positions import store_position
from tests.laws.driver import Driver, operation
from tests.laws.prices import instant


@operation("shorten old numbers", 15)
def shorten(driver: Driver) -> None:
    """Shorten the numbers of calls before a random moment, then once more, which changes nothing. If the position is
    lost, everything is read again.
    """
    if driver.rng.random() < 0.3:
        store_position(driver.stack.dynamodb, driver.stack.table_name, retention.NAME, None, driver.now)
        driver.model.shortened_until = ""
    bound = driver.now - timedelta(minutes=driver.rng.randint(0, 20 * 24 * 60))
    driver.model.shorten(instant(bound))
    bounds = {retention.ADDRESS_MONTHS: datetime(2000, 1, 1, tzinfo=UTC)}
    with (
        patch.object(retention, "months_before", lambda _now, months: bounds.get(months, bound)),
        patch.object(retention, "GROUP", driver.rng.choice((1, 3, 40))),
    ):
        driver.stack.invoke("shorten_numbers", {}, seconds=300)
        driver.settle("shorten old numbers")
        driver.stack.invoke("shorten_numbers", {}, seconds=300)
    driver.settle("", unchanged=True)
    driver.done["shorten old numbers"] -= 1
