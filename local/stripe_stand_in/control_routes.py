"""The controls over HTTP, below `/_control/`: no API key, only for programs on this machine."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import flask

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.faults import EVENT_FAULTS, LISTING_FAULTS, REQUEST_FAULTS
from local.stripe_stand_in.known_cards import CARDS
from local.stripe_stand_in.refusals import Refusal
from local.stripe_stand_in.stand_in import StandIn

LOOPBACK: Final = ("127.0.0.1", "::1")
Json = Any


def control_routes(stand_in: StandIn, deliveries: Callable[[], dict[str, list[int]]]) -> flask.Blueprint:
    """Return the routes; `deliveries` returns the answers to each event's deliveries."""
    routes = flask.Blueprint("control", __name__, url_prefix="/_control")
    _add_views(routes, stand_in, deliveries)
    _add_faults(routes, stand_in)
    _add_actions(routes, Controls(stand_in))
    return routes


def _add_views(routes: flask.Blueprint, stand_in: StandIn, deliveries: Callable[[], dict[str, list[int]]]) -> None:
    @routes.before_request
    def only_from_this_machine() -> Json:
        if flask.request.remote_addr not in LOOPBACK:
            return {"error": "only for programs on this machine"}, 403
        return None

    @routes.errorhandler(Refusal)
    def show_refusal(refusal: Refusal) -> Json:
        return {"error": refusal.error}, refusal.status

    @routes.errorhandler(TypeError)
    @routes.errorhandler(ValueError)
    def show_bad_request(error: Exception) -> Json:
        return {"error": str(error)}, 400

    @routes.get("/requests")
    def requests() -> Json:
        request_id = flask.request.args.get("id")
        with stand_in.lock:
            entries = [asdict(logged) for logged in stand_in.requests if request_id in (None, logged.request_id)]
        return {"requests": entries}

    @routes.get("/events")
    def events() -> Json:
        event_type, results = flask.request.args.get("type"), deliveries()
        with stand_in.lock:
            entries = [
                {"id": event["id"], "type": event["type"], "event": event, "answers": results.get(event["id"], [])}
                for event in stand_in.account.objects["event"].values()
                if event_type in (None, event["type"])
            ]
        return {"events": entries, "pending": stand_in.outbox.pending()}

    @routes.get("/cards")
    def cards() -> Json:
        return {"cards": [{"number": card.number, "does": card.does, "names": card.names} for card in CARDS]}


def _add_faults(routes: flask.Blueprint, stand_in: StandIn) -> None:
    @routes.get("/faults")
    def show() -> Json:
        waiting = [asdict(fault) for fault in stand_in.faults.waiting()]
        return {
            "waiting": waiting,
            "request_faults": REQUEST_FAULTS,
            "event_faults": EVENT_FAULTS,
            "listing_faults": LISTING_FAULTS,
        }

    @routes.post("/faults")
    def order() -> Json:
        return asdict(stand_in.faults.add(**flask.request.get_json())), 201

    @routes.delete("/faults")
    def clear() -> Json:
        stand_in.faults.clear()
        return {}

    @routes.post("/reset")
    def reset() -> Json:
        stand_in.reset()
        return {}


def _add_actions(routes: flask.Blueprint, controls: Controls) -> None:
    actions: dict[str, Callable[..., Json]] = {
        "/payment_intents/<object_id>/settle": controls.settle,
        "/payment_intents/<object_id>/fail": controls.fail,
        "/payment_intents/<object_id>/challenge": controls.answer_challenge,
        "/checkout/sessions/<object_id>/complete": controls.complete_checkout,
        "/account/<object_id>/move": controls.move_to_account,
        "/customers/<object_id>/delete": controls.delete_customer,
        "/payment_methods/<object_id>/renew": controls.renew_card,
        "/payment_methods/<object_id>/decline": controls.decline_card,
        "/payment_methods/<object_id>/accept": controls.accept_card,
        "/charges/<object_id>/dispute": controls.dispute,
        "/charges/<object_id>/warn": controls.warn,
        "/disputes/<object_id>/escalate": controls.escalate_inquiry,
        "/disputes/<object_id>/win": controls.win_dispute,
        "/disputes/<object_id>/lose": controls.lose_dispute,
        "/refunds/<object_id>/fail": controls.fail_refund,
    }
    for path, action in actions.items():
        routes.add_url_rule(path, path, _view(action), methods=["POST"])
    of_the_account: dict[str, Callable[..., Json]] = {
        "/endpoint": controls.change_endpoint,
        "/endpoint/delete": controls.delete_endpoint,
        "/account": controls.change_account,
        "/account/cards": controls.set_cards,
        "/key": controls.restrict_key,
        "/refuse": controls.refuse,
        "/events/list_late": controls.list_late,
    }
    for path, action in of_the_account.items():
        routes.add_url_rule(path, path, _view(action), methods=["POST"])
    routes.add_url_rule("/banks/pass_days", "pass_days", _view(controls.pass_days), methods=["POST"])
    routes.add_url_rule("/expire", "expire", controls.expire_sessions, methods=["POST"])
    routes.add_url_rule("/counts", "counts", controls.counts, methods=["GET"])


def _view(action: Callable[..., Json]) -> Callable[..., Json]:
    """Return an action as a view, with the fields of the JSON body as its arguments."""

    def view(**ids: str) -> Json:
        return action(*ids.values(), **(flask.request.get_json(silent=True) or {}))

    return view
