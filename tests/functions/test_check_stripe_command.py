"""`make check-stripe` prints each finding at once, finds callbacks that do not arrive, and fails on a finding."""

import pytest

from calling_credit.payments.webhook_events import SWEPT_EVENTS
from local.stripe_stand_in.account_controls import AccountControls
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from ops import check_stripe
from ops.stripe_checks import check_deliveries
from ops.terminal import CommandError
from tests.functions.check_stripe_bench import account, found, secret, stack_of
from tests.functions.event_sweep_bench import swept
from tests.harness.till import ALWAYS, ANYTHING, Till

pytestmark = pytest.mark.dynamodb
__all__ = ["account", "secret"]


def test_payments_without_callbacks_are_found(
    till: Till, account: AccountControls, secret: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept(till)
    till.later(minutes=1)
    till.paid("25.00", till.card())
    swept(till)
    monkeypatch.setattr(check_stripe, "is_silent", lambda *_: True)
    assert found(till, secret) == ["callbacks: none has arrived since a payment of two hours ago"]


def test_callbacks_that_are_refused_are_found_after_some_minutes(till: Till, account: AccountControls) -> None:
    till.paid("25.00", till.card())
    events = till.objects("event")
    wanted = sorted(event["id"] for event in events if event["type"] in SWEPT_EVENTS)

    def problems() -> list[str]:
        return [one.problem for one in check_deliveries(till.sdk, SWEPT_EVENTS, till.world.clock.now)]

    assert problems() == [], "they may be under way"
    till.later(minutes=11)
    [problem] = problems()
    assert problem.startswith(f"events of the last day were not delivered: {len(wanted)}, the newest is ")
    assert any(event_id in problem for event_id in wanted)
    till.call_all_back()
    assert problems() == []


def test_an_outage_of_stripe_is_no_finding_but_an_error(
    till: Till, account: AccountControls, secret: dict[str, str]
) -> None:
    till.fault("dropped", ANYTHING, count=ALWAYS)
    with pytest.raises(CommandError, match="Stripe did not answer"):
        found(till, secret)


def test_findings_before_an_outage_of_stripe_are_printed(
    till: Till,
    account: AccountControls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    account.change_account(charges_enabled=False)
    till.fault("dropped", "GET /v1/webhook_endpoints", count=ALWAYS)
    monkeypatch.setattr(check_stripe, "find_stack", lambda: stack_of(till))
    with pytest.raises(CommandError, match="did not answer a check of Webhook Endpoints"):
        check_stripe.main()
    assert "may not charge" in capsys.readouterr().out


@pytest.mark.parametrize("is_disabled", [False, True])
def test_the_command_exits_with_1_on_a_finding_and_names_the_repair(
    till: Till,
    account: AccountControls,
    secret: dict[str, str],
    is_disabled: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if is_disabled:
        account.change_endpoint(disabled=True)
    monkeypatch.setattr(check_stripe, "find_stack", lambda: stack_of(till))
    assert check_stripe.main() == int(is_disabled)
    printed = capsys.readouterr().out
    assert ("Enable it" in printed) == is_disabled
    assert "No callback has arrived yet." in printed
    assert DEFAULT_API_KEY not in printed
    assert DEFAULT_WEBHOOK_SECRET not in printed
