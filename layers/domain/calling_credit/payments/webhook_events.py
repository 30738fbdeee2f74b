"""What is done when Stripe says that something happened, by a callback or in its list of events that no callback
delivered: the object is asked for as it is now, so that order and repetition do not matter.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import stripe

from calling_credit.accounts.store import AccountKeeper
from calling_credit.payments import cards, intents
from calling_credit.payments.issues import Issue, keep_issue
from calling_credit.payments.reversal import take_back
from calling_credit.payments.stripe_client import NoAnswer, no_answer, told
from calling_credit.payments.topup_worker import Cashier
from calling_credit.payments.webhook_signature import Notice, notice_of
from calling_credit.recharge.store import RechargeKeeper
from calling_credit.topups.topup import Intent, TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNDELIVERED_FOR: Final = timedelta(days=3)
"""How long Stripe itself tries to deliver a callback (docs.stripe.com/webhooks)."""
OF_MONEY_BACK: Final = ("charge.refund", "charge.dispute.", "refund.")
OF_PAYMENTS: Final = frozenset(
    f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "processing", "requires_action", "canceled")
)
DISPUTE_EVENTS: Final = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
CARD_SAVED: Final = "checkout.session.completed"
CARD_REMOVED: Final = "payment_method.detached"
TOLD_ONLY: Final = frozenset(
    {
        CARD_SAVED,
        CARD_REMOVED,
        "charge.refunded",
        "charge.refund.updated",
        *(f"refund.{what}" for what in ("created", "updated", "failed")),
        *(f"charge.dispute.{what}" for what in DISPUTE_EVENTS),
    }
)
"""What leaves nothing here that could be asked about; with the payments fewer kinds than the 20 that Stripe filters by
(docs.stripe.com/api/events/list).
"""


class NoticeTaker:
    """Takes notices for the length of one invocation. `tally` counts what operators watch."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._now = now
        self._cashier = Cashier(client, table_name, stripe_client, now, seconds_left)
        self._recharges = RechargeKeeper(client, table_name)

    @property
    def tally(self) -> Counter[str]:
        """What was counted so far."""
        return self._cashier.tally

    def take(self, notice: Notice) -> str:
        """What came of the object a notice speaks of; kinds nobody here waits for are ignored.

        Raises:
            Unavailable: Stripe or the table did not answer; the same notice is safe again.
        """
        if not notice.object_id:
            return "ignored"
        if notice.kind in OF_PAYMENTS:
            found = self._brought_up(notice, notice.object_id)
            return found.status if isinstance(found, TopUp) else found
        if notice.kind.startswith(OF_MONEY_BACK):
            return self._take_reversal(notice)
        if notice.kind == CARD_SAVED:
            cards.keep_first_card_as_default(self._stripe, notice.object_id)
            return "card_saved"
        return self._take_detached(notice) if notice.kind == CARD_REMOVED else "ignored"

    def _brought_up(self, notice: Notice, intent_id: str) -> TopUp | str:
        """Bring a payment up to what its intent is now; an intent that is no payment of ours is listed for operators,
        and why is the answer.
        """
        said = intents.retrieve(self._stripe, intent_id)
        if isinstance(said, NoAnswer):
            raise no_answer()
        if not isinstance(said, Intent):
            return self._listed(Issue(intent_id, "unknown_object", "", f"{notice.kind}: Stripe does not show it to us"))
        is_named = bool(said.account_id and said.topup_id)
        topup = self._cashier.topups.read(said.account_id, said.topup_id) if is_named else None
        if topup is None:
            return self._listed(
                Issue(said.intent_id, "foreign_payment", said.account_id, f"{notice.kind}: {said.status}")
            )
        return "not_confirmed" if said.status == "requires_confirmation" else self._cashier.act(topup, said)

    def _take_reversal(self, notice: Notice) -> str:
        """A refund or a dispute: settle the payment if that is not known yet, then take back what stands against it."""
        found = self._brought_up(notice, notice.intent_id) if notice.intent_id else "ignored"
        if not isinstance(found, TopUp):
            return found
        if found.status != "succeeded":
            return found.status
        done = take_back(self._client, self._table_name, self._stripe, found.account_id, found.topup_id, self._now)
        self.tally[f"top_ups_{done}"] += done in ("reversed", "returned")
        return done

    def _take_detached(self, notice: Notice) -> str:
        """A card was removed, perhaps not through us: automatic recharge that used it is suspended."""
        if not notice.customer_id:
            return "ignored"
        account_id = cards.account_of_customer(self._stripe, notice.customer_id)
        known = AccountKeeper(self._client, self._table_name).customer_of(account_id) if account_id else None
        if known != notice.customer_id:
            details = f"{notice.kind} of {notice.customer_id}"
            return self._listed(Issue(notice.object_id, "foreign_card", account_id, details))
        is_the_rules = self._recharges.suspend_for_removed_card(account_id, notice.object_id, self._now)
        return "suspended" if is_the_rules else "ignored"

    def _listed(self, issue: Issue) -> str:
        """Keep what nobody here can explain for the operator; Stripe is told that it is taken."""
        self.tally["payment_issues"] += keep_issue(self._client, self._table_name, issue, self._now)
        return issue.code


def undelivered(client: stripe.StripeClient, now: datetime) -> Iterator[Notice]:
    """What Stripe could not deliver to us in the last days, of the kinds that `take` does something for, each object
    once: first what only a callback tells of, then payments, which are looked for anyway; the newest first, page by
    page as they are asked for.

    Raises:
        Unavailable: payments_unavailable.
    """
    seen: set[tuple[bool, str]] = set()
    for kinds in (TOLD_ONLY, OF_PAYMENTS):
        params: Any = {
            "created": {"gte": int((now - UNDELIVERED_FOR).timestamp())},
            "delivery_success": False,
            "types": sorted(kinds),
            "limit": 100,
        }
        try:
            for event in client.v1.events.list(params).auto_paging_iter():
                notice = notice_of(event.to_dict())
                about = (kinds is TOLD_ONLY, notice.intent_id or notice.object_id)
                if about not in seen:
                    seen.add(about)
                    yield notice
        except stripe.StripeError as error:
            raise told(error) from error
