"""Calling Credit's shared domain layer: prepaid credit for international calls.

Each folder is one bounded context; ARCHITECTURE.md shows which may import which.
"""
