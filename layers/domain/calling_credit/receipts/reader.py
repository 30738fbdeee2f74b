"""Reads an account's receipts and credit notes, and answers with their pages."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response

from calling_credit.accounts.account import Account
from calling_credit.accounts.recipients import language_among
from calling_credit.api.pages import page_headers
from calling_credit.branding import configured_brand
from calling_credit.dynamodb import keys, receipt_keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.languages import LANGUAGES
from calling_credit.receipts.document import Document, Series
from calling_credit.receipts.items import document_from_plain
from calling_credit.receipts.page import STYLE, document_html
from calling_credit.topups.documents import issued_notes, shown_number
from calling_credit.topups.store import TopUpStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ReceiptReader:
    """The issued documents of one account."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._topups = TopUpStore(client, table_name)
        self._partition = Partition(client, table_name, keys.account_pk(account_id))
        self._account_id = account_id

    def document(self, topup_id: str, note: str | None) -> Document:
        """The receipt of a payment, or its credit note with this number (`2026-000001`, or only its last part).

        Raises:
            NotFound: `unknown_top_up`; or `no_receipt`, the document is not issued, or there is no such note.
        """
        topup = self._topups.read(self._account_id, topup_id)
        if topup is None:
            raise NotFound(
                ProblemCode.UNKNOWN_TOP_UP, "This account has no payment with this id; GET /top-ups lists them."
            )
        if note is None:
            return self._read(Series.RECEIPT, topup.receipt)
        numbers = (issued.number for issued in issued_notes(topup.credit_notes))
        return self._read(Series.CREDIT_NOTE, next((one for one in numbers if _is_named(one, note)), None))

    def _read(self, series: Series, number: str | None) -> Document:
        item = self._partition.get(receipt_keys.document_sk(series, number)) if number else None
        if item is None:
            raise NotFound(
                ProblemCode.NO_RECEIPT,
                "This payment has no such document. GET /top-ups/{top_up_id} lists its documents. A receipt "
                "follows within minutes of the payment; payments that an earlier release settled have none.",
            )
        return document_from_plain(item)


def _is_named(number: str, given: str) -> bool:
    """Whether a query names this number, in full or by its last part."""
    return given in (shown_number(number), str(int(number.rpartition("#")[2])))


def reading_language(account: Account, chosen: str | None) -> str:
    """The language of an account's documents: the reader's choice if it is one, else that of the first billing
    address.
    """
    if chosen in LANGUAGES:
        return chosen
    return language_among(account.languages, next(iter(account.billing_emails), ""))


def document_answer(document: Document, language: str) -> Response[str]:
    """The page of a document."""
    brand = configured_brand()
    return Response(
        status_code=200,
        content_type="text/html; charset=utf-8",
        body=document_html(document, language, brand),
        headers=page_headers(brand, STYLE),
    )
