"""The stand-in as a WSGI application: the API below `/v1/`, the hosted pages, and the controls."""

from collections.abc import Callable
from typing import Final

import flask

from local.stripe_stand_in.control_routes import control_routes
from local.stripe_stand_in.pages import hosted_pages
from local.stripe_stand_in.stand_in import StandIn

MERCHANT: Final = "Calling Credit"


def create_app(stand_in: StandIn, *, deliveries: Callable[[], dict[str, list[int]]] = dict) -> flask.Flask:
    """Return the WSGI application of a stand-in. It raises ConnectionLost for a lost connection: the server then closes
    the socket without an answer, and `app.test_client()` raises the error."""
    app = flask.Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it, its base class has not.

    @app.route("/v1/<path:_rest>", methods=["GET", "POST", "DELETE"])
    def api(_rest: str) -> flask.Response:
        request = flask.request
        pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
        answer = stand_in.handle(request.method, request.path, pairs, dict(request.headers))
        return flask.Response(answer.body, answer.status, answer.headers)

    app.register_blueprint(control_routes(stand_in, deliveries))
    app.register_blueprint(hosted_pages(stand_in, MERCHANT))
    return app
