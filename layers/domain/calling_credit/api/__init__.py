"""The HTTP API: routing, the caller's rights, problems, cursors, and pages. Contains no business rule."""
