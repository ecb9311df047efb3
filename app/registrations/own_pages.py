"""What all pages share whose address is the key to them."""

from flask import Response

from app.web.pages import render


def secret_page(template: str, status: int = 200, /, **context: object) -> Response:
    """Return a page that belongs to whoever has its address: it goes to no other site, into no index, no cache."""
    response = render(template, status, **context)
    # Not `no-referrer`: with it browsers say `Origin: null`, and without Fetch Metadata (plain http, older iPhones)
    # our own form is refused.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
