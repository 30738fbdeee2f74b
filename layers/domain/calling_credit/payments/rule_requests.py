"""The requests of a customer about the rule of automatic recharge: save it, or simulate it."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Metrics

from calling_credit.api.caller import Caller
from calling_credit.config import config
from calling_credit.ledger.reader import LedgerReader
from calling_credit.payments import rule_saving
from calling_credit.payments.card_store import CardStore
from calling_credit.recharge.attempts import State
from calling_credit.recharge.charges_now import NOTHING_NOW
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.past_entries import run_simulation
from calling_credit.recharge.saving import RuleChange, in_flight_view, parse_rule_change
from calling_credit.recharge.settings import apply_settings, parse_rule_settings, rule_view
from calling_credit.recharge.simulation import simulation_view
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.refusals import card_blocked
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NO_CARD: Final = "pm_none"
"""The payment method of a simulated rule."""


class RuleRequests:
    """The rule of a caller's account. `metrics` counts requests with a key of another Stripe account."""

    def __init__(self, client: "DynamoDBClient", table_name: str, caller: Caller, metrics: Metrics) -> None:
        self._client = client
        self._table_name = table_name
        self._caller = caller
        self._metrics = metrics
        self._recharges = RechargeStore(client, table_name)

    def view(self, now: datetime) -> dict[str, Any]:
        """The rule, its state as code and message, and the time of the next attempt."""
        snapshot = self._recharges.snapshot(self._caller.account_id)
        stored, closed, frozen = snapshot.recharge, snapshot.is_closed, snapshot.is_frozen
        return rule_view(stored.rule, stored.state, now, is_closed=closed, is_frozen=frozen)

    def save(
        self, body: dict[str, Any], address: str, check: Callable[[str, datetime], None], now: datetime
    ) -> dict[str, Any]:
        """Apply the fields of a body to the rule, and return its view. After switching off, name the payment that is
        still under way. `check` refuses too many requests that may charge; switching off is never refused by it.

        Raises:
            InvalidValue, NotFound, Conflict, Forbidden, TooManyRequests, Unavailable: see the API's contract.
        """
        caller = self._caller
        change = parse_rule_change(body, config().bounds, now)
        snapshot = self._recharges.snapshot(caller.account_id, caller.sign_in)

        def view(rule: Rule | None, state: State) -> dict[str, Any]:
            return rule_view(rule, state, now, is_closed=snapshot.is_closed, is_frozen=snapshot.is_frozen)

        stored = snapshot.recharge
        if not change.has_result(stored, view):
            settings = change.settings(stored.rule)
            if settings.enabled:
                check(caller.account_id, now)  # The rule may charge at once.
            card = rule_saving.read_card(self._client, self._table_name, snapshot, settings, self._metrics)
            if settings.enabled and CardStore(self._client, self._table_name).is_blocked(card):
                raise card_blocked()

            def save(current: Recharge) -> tuple[Rule, State] | None:
                return None if change.has_result(current, view) else change.apply(current, card)

            stored = self._recharges.store_rule(caller.account_id, save, caller.actor(address), now)
        result = view(stored.rule, stored.state)
        if stored.rule is not None and not stored.rule.enabled:
            topups = TopUpStore(self._client, self._table_name)
            result["in_flight"] = in_flight_view(stored, lambda topup_id: topups.read(caller.account_id, topup_id))
        return result

    def simulate(self, body: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Simulate a rule over the last 30 days, without storing or charging anything, and name the charge that saving
        it would cause now.

        Raises:
            InvalidValue: a field of the rule is not allowed.
        """
        body |= {"enabled": True}
        snapshot = self._recharges.snapshot(self._caller.account_id)
        settings = parse_rule_settings({"payment_method_id": NO_CARD} | body, snapshot.recharge.rule, config().bounds)
        rule, _ = apply_settings(settings, Card(settings.payment_method_id, "", "", ""), None, State(), now)
        ledger = LedgerReader(self._client, self._table_name, self._caller.account_id)
        run, begin = run_simulation(rule, snapshot.time_zone, config().bounds.maximum_micros, ledger, now)
        change = RuleChange(body, None, None, config().bounds, now)
        charge = NOTHING_NOW
        if self._caller.is_admin:
            charge = rule_saving.charge_on_saving(self._client, self._table_name, change, snapshot, self._metrics)
        return simulation_view(run, begin, now) | charge
