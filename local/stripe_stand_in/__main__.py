"""`python -m local.stripe_stand_in`: the stand-in alone, on STRIPE_PORT, until a signal ends it."""

import os
import signal
import sys
import threading

from local.stripe_stand_in.server import Server
from ops.project import SettingsError

DEFAULT_PORT = "8420"


def main() -> int:
    """Run until a signal (0); an invalid setting is 2."""
    port = os.environ.get("STRIPE_PORT") or DEFAULT_PORT
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        print(f"STRIPE_PORT is {port!r}; it must be a port number from 1 to 65535.", file=sys.stderr)
        return 2
    server = Server(int(port), os.environ.get("STRIPE_WEBHOOK_URL"), webhook_host=os.environ.get("STRIPE_WEBHOOK_HOST"))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        server.start()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"A local stand-in for Stripe is at {server.url} (API key {server.stand_in.api_key}). Ctrl-C ends it.")
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
