"""The words of mails and link pages, one file for each language, and how each language writes money and dates."""
