"""Operations of payments with tax: the operator turns it on during the run and publishes other rates, and customers
enter and change their billing details, sometimes so that no tax can be calculated.
"""

from tests.functions.tax_bench import FIFTEEN, TWENTY, enter, publish
from tests.harness.till import ACCOUNT
from tests.laws.payment_driver import NEIGHBOR, PaymentDriver, operation
from tests.laws.payment_quota import TAX

TABLES = (FIFTEEN, TWENTY)


@operation(TAX, 3)
def change_tax(driver: PaymentDriver) -> None:
    """Publish a table of rates; from the second time on, payments are taxed by it."""
    driver.witness.tax_tables += 1
    publish(driver.till, TABLES[driver.witness.tax_tables % 2])
    if driver.witness.tax_tables == 1:
        for account in (ACCOUNT, NEIGHBOR):
            driver.answered("details", enter(driver.till, account), 200, 503)
    else:
        driver.set_parameter("TAX", "table")


@operation("change the billing details", 4)
def change_details(driver: PaymentDriver) -> None:
    """Move to a place of another rate, mostly; one without a rate cannot pay until the account moves again."""
    place = driver.rng.choice(({"region": "NY"}, {"region": "NY"}, {"region": "CA"}, {"region": "CA"}, NOWHERE))
    number = driver.rng.choice((None, "PO-1", "PO-2"))
    receipts = driver.rng.random() < 0.5
    answer = enter(driver.till, **place, po_number=number, email_receipts=receipts)
    driver.answered("details", answer, 200, 503)


NOWHERE = {"country": "DE", "region": "BE"}
"""A place without a row in any table."""
