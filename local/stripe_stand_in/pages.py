"""Serves the hosted pages: Checkout, the 3D Secure challenge, and receipts. They work without scripts."""

from datetime import UTC, datetime
from typing import Final

import flask
from werkzeug.wrappers import Response

from local.stripe_stand_in import hosted
from local.stripe_stand_in.bank_accounts import BANK_ACCOUNTS
from local.stripe_stand_in.hosted import CardForm
from local.stripe_stand_in.known_cards import CARDS
from local.stripe_stand_in.refusals import Refusal
from local.stripe_stand_in.stand_in import StandIn

SUGGESTED_CARDS: Final = (
    "4242424242424242",
    "5555555555554444",
    "4000002760003184",
    "4000000000000341",
    "4000000000009995",
    "4000000000009235",
)
"""The cards that the Checkout page can fill in with one click."""

Page = str | Response | tuple[str, int]


def hosted_pages(stand_in: StandIn, merchant: str) -> flask.Blueprint:
    """Return the pages of a stand-in, shown in the name of a merchant."""
    pages = flask.Blueprint("pages", __name__, template_folder="templates")
    pages.add_app_template_filter(dollars)
    pages.add_app_template_filter(moment)
    pages.add_app_template_global(lambda: merchant, "merchant")
    pages.add_app_template_filter(digit_groups)

    @pages.errorhandler(Refusal)
    def show_refusal(refusal: Refusal) -> Page:
        return notice("Not found", str(refusal), 404)

    _add_checkout(pages, stand_in)
    _add_challenge(pages, stand_in)
    _add_receipts(pages, stand_in)
    return pages


def _add_checkout(pages: flask.Blueprint, stand_in: StandIn) -> None:
    @pages.route("/checkout/pay/<session_id>", methods=["GET", "POST"])
    def checkout(session_id: str) -> Page:
        with stand_in.lock:
            account = stand_in.account
            session = hosted.open_session(account, session_id)
            if session["status"] != "open":
                return _closed_checkout(session["mode"], session["status"], session["cancel_url"])
            form = _card_form()
            bank = flask.request.form.get("bank", "")
            if bank and (url := hosted.use_bank_account(account, session, bank)):
                return flask.redirect(url, 303)
            if number := flask.request.form.get("fill"):
                form = hosted.prefilled_form(account, number)
            elif flask.request.method == "POST" and (url := hosted.save_card(account, session, form)):
                return flask.redirect(url, 303)
            customer = account.objects["customer"].get(session["customer"] or "", {})
        page = flask.render_template(
            "checkout.html",
            session=session,
            form=form,
            email=customer.get("email"),
            cards=[card for card in CARDS if card.number in SUGGESTED_CARDS],
            banks=BANK_ACCOUNTS,
        )
        return page, 422 if form.errors else 200


def _add_challenge(pages: flask.Blueprint, stand_in: StandIn) -> None:
    @pages.route("/challenge/<intent_id>", methods=["GET", "POST"])
    def challenge(intent_id: str) -> Page:
        with stand_in.lock:
            account = stand_in.account
            intent = account.get("payment_intent", intent_id, status=404)
            if intent["status"] != "requires_action":
                return notice("This payment needs no confirmation", f"Its status is {intent['status']}.", 200)
            card = account.get("payment_method", intent["payment_method"])["card"]
            if flask.request.method == "POST":
                confirmed = flask.request.form.get("answer") == "confirm"
                url = hosted.answer_challenge(account, intent, confirmed=confirmed)
                if url is None:
                    return notice("Thank you", "You can close this page and go back.", 200)
                return flask.redirect(url, 303)
        return flask.render_template("challenge.html", intent=intent, card=card)


def _add_receipts(pages: flask.Blueprint, stand_in: StandIn) -> None:
    @pages.get("/receipts/<charge_id>")
    def receipt(charge_id: str) -> Page:
        with stand_in.lock:
            charge = stand_in.account.get("charge", charge_id, status=404)
            details = charge["payment_method_details"]
            return flask.render_template("receipt.html", charge=charge, card=details[details["type"]])

    @pages.get("/")
    def front() -> Page:
        return flask.render_template("front.html", cards=CARDS)


def notice(title: str, words: str, status: int, back: str | None = None) -> Page:
    """Return a page with only a message."""
    return flask.render_template("notice.html", title=title, words=words, back=back), status


def _closed_checkout(mode: str, status: str, back: str | None) -> Page:
    if status == "complete" and mode == "payment":
        return notice("Already paid", "This payment is complete. You can go back.", 200, back)
    if status == "complete":
        return notice("Card already saved", "This form was already submitted. You can go back.", 200, back)
    return notice("This page has expired", "Go back and start again.", 200, back)


def _card_form() -> CardForm:
    sent = flask.request.form
    return CardForm(sent.get("number", ""), sent.get("expiry", ""), sent.get("cvc", ""), sent.get("name", ""))


def dollars(cents: int) -> str:
    """Format an amount of cents in dollars."""
    return f"${cents / 100:,.2f}"


def moment(timestamp: int) -> str:
    """Format a Unix time in UTC."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%-d %B %Y, %H:%M UTC")


def digit_groups(number: str) -> str:
    """Format card digits in groups of four."""
    return " ".join(number[index : index + 4] for index in range(0, len(number), 4))
