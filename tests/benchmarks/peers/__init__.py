"""Compares charging with django-hordak, a double-entry ledger for Django, on PostgreSQL: the same calls, each
delivered twice, in the same run.
"""
