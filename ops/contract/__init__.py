"""The HTTP API as data: every route, its parameters, bodies, answers, and error codes; `make openapi` publishes it."""
