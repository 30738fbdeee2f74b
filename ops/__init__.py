"""The operator's commands: publish rates, send and check calls, look at what went wrong. Never deployed."""
