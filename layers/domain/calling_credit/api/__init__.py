"""The HTTP API: routing, the caller's rights, problems, cursors, and pages. Knows no business rule."""
