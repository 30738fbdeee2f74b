"""Reads the call records of other systems, each in a format of its own, as call events."""
