"""The law of backups finds each breach: a second try, another card, a hard decline, the same number, no decline."""

import pytest

from tests.functions.test_backup_cards import start
from tests.harness.cards import DECLINED, MASTERCARD, declining
from tests.harness.recharging import automatic
from tests.harness.till import ACCOUNT, Till
from tests.laws.payment_backup_law import breaches

pytestmark = pytest.mark.dynamodb


@pytest.mark.parametrize(
    ("own", "attempt", "backup", "breach"),
    [
        (DECLINED, {"topup_id": "tu_new"}, None, ""),
        (DECLINED, {}, None, "tried twice for one recharge"),
        (DECLINED, {"topup_id": "tu_new"}, "pm_other", "is not the backup card"),
        (DECLINED, {"topup_id": "tu_new", "attempt": 3}, None, "two attempts in a row"),
        (DECLINED, {"topup_id": "tu_new", "attempt": 1}, None, "the first attempt"),
        (declining("lost_card"), {"topup_id": "tu_new", "attempt": 2}, None, "after a hard decline"),
        (MASTERCARD, {"topup_id": "tu_new", "attempt": 2}, None, "no issuer had declined"),
        (declining("processing_error"), {"topup_id": "tu_new", "attempt": 2}, None, "no issuer had declined"),
    ],
)
def test_the_law_finds_this_breach(
    till: Till, own: str, attempt: dict[str, str], backup: str | None, breach: str
) -> None:
    _, spare = start(till, own, "pm_card_visa")
    [*_, last] = automatic(till)
    method = till.stand_in.account.objects["payment_method"][spare]
    items = till.world.stack.items(ACCOUNT)
    chosen = {"payment_method_id": backup or spare}
    found = "; ".join(breaches(till, items, {**last, **attempt}, method, chosen))
    assert breach in found
    assert bool(breach) == bool(found)
