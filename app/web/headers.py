"""Headers that every answer carries."""

from typing import Final

from flask import Flask, Response, current_app, request

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)


def init_app(app: Flask) -> None:
    """Set what is missing; a view that knows better (a file, a framed preview) has set its own."""
    https = app.config["PUBLIC_URL"].startswith("https://")

    @app.after_request
    def _complete(response: Response) -> Response:
        headers = response.headers
        if (location := headers.get("Location", "")).startswith(request.host_url):
            # The router's own redirects repeat the Host header, which anybody can set: they point here, so say so.
            headers["Location"] = "/" + location.removeprefix(request.host_url).lstrip("/\\")
            response.set_data(b"")
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if https and current_app.config["APP_ENV"] == "production":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response
