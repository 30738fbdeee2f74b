"""Keep the tally of a round of reconcile_payments. The failure of an item stops only this item."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.rounds import Round
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.receipts.issuing import issue_documents
from calling_credit.recharge.decision import Rule
from calling_credit.topups.documents import RECEIPT_KIND
from calling_credit.topups.store import TopUpStore

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient


class RoundWork:
    """The work of one round. `counts` is its result, and `tally` counts what operators watch."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        this_round: Round,
        seconds_left: Callable[[], float],
        logger: "Logger",
        unreadable: UnreadableReport,
    ) -> None:
        self.round = this_round
        self.counts = {"payments": 0, "recharges": 0, "failed": 0}
        self.tally: Counter[str] = Counter()
        self.undated: list[tuple[str, Rule]] = []
        """The woken rules whose card has no date yet, each with its account."""
        self._table = client, table_name
        self._seconds_left = seconds_left
        self._logger = logger
        self._unreadable = unreadable
        self._worker: TopUpWorker | None = None

    @property
    def worker(self) -> TopUpWorker:
        """The worker of all payments of this round, which needs Stripe's settings.

        Raises:
            Unavailable: stripe_not_configured.
        """
        if self._worker is None:
            self._worker = TopUpWorker(*self._table, stripe_client(), self.round.now, self._seconds_left)
        return self._worker

    def due(self, kind: str, seconds_left: Callable[[], float]) -> Iterator[tuple[str, str]]:
        """Yield account and id of the due items of a kind, in the order of the round."""
        for item in self.round.due(kind, seconds_left):
            yield keys.account_of(item["PK"]["S"]), item["SK"]["S"].rpartition("#")[2]

    def issue_receipts(self, seconds_left: Callable[[], float]) -> None:
        """Issue the receipts and credit notes that an interrupted request, or a busy table, has left."""
        for account_id, topup_id in self.due(RECEIPT_KIND, seconds_left):
            with self.one_item(RECEIPT_KIND, "receipt_not_issued", account_id, topup_id=topup_id):
                topup = TopUpStore(*self._table).read(account_id, topup_id)
                if topup is not None:
                    issue_documents(*self._table, topup, self.round.now)

    @contextmanager
    def one_item(self, kind: str, message: str, account_id: str, **fields: str) -> Iterator[None]:
        """Log and count a failure, and continue."""
        fields["account_id"] = account_id
        try:
            yield
        except (CallingCreditError, *AWS_ERRORS) as error:
            self._unreadable.note(error)
            self._logger.warning(message, extra=fields | {"code": code_of(error)})
        except Exception as error:
            self._logger.error("unforeseen_error", extra=fields, exc_info=error)
        else:
            return
        self.counts["failed"] += 1
        self.round.record_failure(kind, account_id)

    def complete_tally(self) -> Counter[str]:
        """The counts of all steps."""
        return self.tally + (self._worker.tally if self._worker else Counter())
