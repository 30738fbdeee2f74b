"""The web pages behind links without a sign-in: one sentence, at most one button, no script. They look like the Billing
page and carry the operator's brand.
"""

import base64
import hashlib
import html
from functools import cache
from typing import Final

from aws_lambda_powertools.event_handler import Response

from calling_credit.brand import Brand, logo_origin
from calling_credit.brand_colors import brand_css
from calling_credit.branding import configured_brand
from calling_credit.config import config
from calling_credit.languages import LANGUAGES
from calling_credit.messages.catalog import messages

_STYLE: Final = (
    ":root{color-scheme:light dark;--paper:light-dark(#f6f7f9,#101419);--card:light-dark(#fff,#191f26);"
    "--ink:light-dark(#12202b,#eef2f5);--soft:light-dark(#526170,#a5b3bf);--line:light-dark(#dde2e8,#303a45);"
    'font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}'
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--paper);color:var(--ink);"
    "overflow-wrap:anywhere}"
    "header{background:var(--card);border-bottom:1px solid var(--line)}"
    "header,footer{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1.5rem;padding:.9rem clamp(1rem,4vw,2rem)}"
    ".brand{display:flex;align-items:center;gap:.6rem;margin:0;font-weight:650;letter-spacing:-.01em}"
    ".brand>*{flex:none}.brand>span{flex:1}"
    "main{flex:1;width:100%;max-width:34rem;margin:0 auto;padding:clamp(1.5rem,8vh,5rem) clamp(1rem,4vw,2rem) 2rem}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:clamp(1.25rem,4vw,2rem)}"
    "h1{font-size:clamp(1.4rem,4vw,1.75rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .75rem}p{margin:0}"
    "form{margin:1.5rem 0 0}"
    "button{font:inherit;font-weight:600;width:100%;min-height:3.1rem;padding:.7rem 1.4rem;border:1px solid "
    "var(--accent);border-radius:9px;background:var(--accent);color:var(--on);cursor:pointer}"
    "button:hover{background:var(--strong)}a{color:var(--accent);text-underline-offset:.18em}a:hover{color:var(--strong)}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:6px}"
    "footer{justify-content:center;font-size:.9375rem;color:var(--soft)}footer a{padding:.4rem 0}"
)
_ICON: Final = (
    '<svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" '
    'fill="#0f5c5c"/><path d="M9 16.5a7.5 7.5 0 0 1 13-5.1M23 15.500a7.500 7.500 0 0 1-13 5.100" fill="none" '
    'stroke="#fff" stroke-width="2.600" stroke-linecap="round"/><circle cx="16" cy="16" r="2.600" '
    'fill="#7fe0c3"/></svg>'
)
"""The application's own icon, as on the Billing page."""
_NAMES: Final = {"en": "English", "fr": "Français"}
"""The languages, each by its own name."""


def page(
    status: int,
    title: str,
    text: str,
    button: str | None = None,
    *,
    language: str,
    retry_after_seconds: int | None = None,
) -> Response[str]:
    """Return a page with a heading, a paragraph, and a button that posts to the page's own address.

    Args:
        language: the language of the texts.
        retry_after_seconds: when the page may be asked for again.
    """
    brand = configured_brand()
    form = f'<form method="post"><button>{html.escape(button)}</button></form>' if button else ""
    body = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{html.escape(title)} · {html.escape(brand.name)}</title><link rel="icon" href="data:,">'
        f"<style>{_style(brand.color)}</style></head><body>"
        f'<header><p class="brand">{_logo(brand)}<span>{html.escape(brand.name)}</span></p></header>'
        f'<main><div class="card"><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{form}</div></main>'
        f"<footer>{_links(brand, language)}</footer></body></html>"
    )
    headers = page_headers(brand, _style(brand.color))
    if retry_after_seconds is not None:
        headers["Retry-After"] = str(retry_after_seconds)
    return Response(status_code=status, content_type="text/html; charset=utf-8", body=body, headers=headers)


def redirect(address: str) -> Response[str]:
    """Redirect to another address; the next request is a GET."""
    brand = configured_brand()
    headers = {**page_headers(brand, _style(brand.color)), "Location": address}
    return Response(status_code=303, content_type="text/plain", body="", headers=headers)


def _logo(brand: Brand) -> str:
    return f'<img src="{html.escape(brand.logo)}" alt="" width="28" height="28">' if brand.logo else _ICON


def _links(brand: Brand, language: str) -> str:
    """The links to the Billing page, to the operator's help, and to this page in the other languages."""
    words = messages("links", language)
    links = [_link(config().page_url, words.text("billing"))]
    if brand.help:
        links.append(_link(brand.help, words.text("help")))
    others = (other for other in LANGUAGES if other != language)
    links += [_link(f"?language={other}", _NAMES[other], f' lang="{other}" hreflang="{other}"') for other in others]
    return "".join(links)


def _link(address: str, text: str, attributes: str = "") -> str:
    return f'<a href="{html.escape(address)}"{attributes}>{html.escape(text)}</a>'


@cache
def _style(color: str) -> str:
    return _STYLE + brand_css(color)


def page_headers(brand: Brand, css: str) -> dict[str, str | list[str]]:
    """The headers of a page without scripts, which allow its own styles and the brand's logo, and nothing else."""
    style = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    images = " ".join(filter(None, ("data:", logo_origin(brand.logo))))
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src {images}; style-src 'sha256-{style}'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
