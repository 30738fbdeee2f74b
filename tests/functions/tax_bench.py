"""A stack that taxes payments, for tests: its parameter, its table, and the billing details of accounts."""

from typing import Any

import pytest

from calling_credit.config import config
from tests.harness.http import Answer
from tests.harness.till import ACCOUNT, Till

HEADER = "country,region,rate_percent,effective_from\n"
FIFTEEN = f"{HEADER}US,NY,15,2026-01-01\nUS,*,8.875,2026-01-01\n"
TWENTY = f"{HEADER}US,NY,20,2026-01-01\nUS,*,8.875,2026-01-01\n"
NEW_YORK: dict[str, Any] = {"line1": "1 Main St", "city": "New York", "region": "NY", "country": "US"}
DETAILS: dict[str, Any] = {"legal_name": "Meridian Ltd", "address": NEW_YORK}


def turn_on(monkeypatch: pytest.MonkeyPatch, till: Till, table: str | None = FIFTEEN) -> None:
    """Tax payments by this table, as the operator's parameter and `make publish-tax` do."""
    monkeypatch.setenv("TAX", "table")
    config.cache_clear()
    till.world.stack.forget()
    if table is not None:
        publish(till, table)


def turn_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tax payments no longer."""
    monkeypatch.setenv("TAX", "none")
    config.cache_clear()


def publish(till: Till, table: str) -> None:
    """Publish a table; every function reads it with its next payment."""
    till.world.stack.publish_tax(table.encode())


def enter(till: Till, account: str = ACCOUNT, **changes: Any) -> Answer:
    """PUT /billing-details; `region` and `country` change the address."""
    place = {name: changes.pop(name) for name in ("region", "country") if name in changes}
    body = DETAILS | {"address": NEW_YORK | place} | changes
    return till.world.ask("change_settings", "PUT", "/billing-details", body, **{"custom:account_id": account})


def amounts(payment: dict[str, Any]) -> tuple[str, str, str]:
    """Credit, tax, and what the card pays, as a payment shows them."""
    return payment["amount"], payment["tax"], payment["total"]
