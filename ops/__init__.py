"""The operator's commands: publish rates, send and check calls, find and fix problems. Never deployed, and never
imports `local`.
"""
