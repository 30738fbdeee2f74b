"""The HTTP edge: who calls, what they sent, how an answer or an error is said. Knows no route and no table."""
