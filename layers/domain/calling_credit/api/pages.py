"""The web pages behind links without a sign-in: one sentence, at most one button, no script."""

import base64
import hashlib
import html
from typing import Final

from aws_lambda_powertools.event_handler import Response

_STYLE: Final = (
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}"
    "main{max-width:26rem;padding:2rem 1.25rem}h1{font-size:1.4rem;margin:0 0 .75rem}p{margin:0 0 1rem}"
    "button{font:inherit;font-weight:600;padding:.7rem 1.4rem;border:0;border-radius:.5rem;background:#0b5fff;"
    "color:#fff;cursor:pointer}button:focus-visible{outline:3px solid #ffb000;outline-offset:2px}"
)
_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def page(
    status: int, title: str, text: str, button: str | None = None, *, retry_after_seconds: int | None = None
) -> Response[str]:
    """Return a page with a heading, a paragraph, and a button that posts to the page's own address."""
    form = f'<form method="post"><button>{html.escape(button)}</button></form>' if button else ""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{form}</main></body></html>"
    )
    headers = _headers() | ({} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)})
    return Response(status_code=status, content_type="text/html; charset=utf-8", body=body, headers=headers)


def redirect(address: str) -> Response[str]:
    """Redirect to another address; the next request is a GET."""
    return Response(status_code=303, content_type="text/plain", body="", headers={**_headers(), "Location": address})


def _headers() -> dict[str, str | list[str]]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
