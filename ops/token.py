"""Prints an ID token of a demonstration user of the running local stack, to try the HTTP API with. Knows no other
stack: on AWS people sign in on the hosted page.
"""

import argparse
import json
import os
from pathlib import Path

from local.settings import ROOT
from ops.stack import find_stack
from ops.terminal import CommandError, run


def main() -> int:
    """`python -m ops.token [EMAIL]`, behind `make token`."""
    parser = argparse.ArgumentParser(prog="make token", description="Print an ID token of a demonstration user.")
    parser.add_argument("email", nargs="?", default="", help="whose; the first billing admin's if none is named")
    email = parser.parse_args().email
    stack = find_stack()
    if not stack.is_local:
        raise CommandError("Tokens are given out for the local stack only; unset STACK.")
    folder = Path(os.environ.get("LOCAL_DIR") or ROOT / ".local")
    description = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
    found = [user for user in description["users"] if email in ("", user["email"])]
    if not found:
        names = ", ".join(user["email"] for user in description["users"])
        raise CommandError(f"There is no user {email}; there are {names}.")
    cognito = stack.client("cognito-idp")
    answer = cognito.initiate_auth(
        ClientId=description["user_pool_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": found[0]["email"], "PASSWORD": found[0]["password"]},
    )
    print(answer["AuthenticationResult"]["IdToken"])
    return 0


if __name__ == "__main__":
    run(main)
