"""Wires what all views share into the application."""

from flask import Flask
from flask_compress import Compress

from app.web import (
    addresses,
    bodies,
    error_pages,
    filters,
    headers,
    health,
    language,
    limits,
    page_cache,
    pages,
    robots,
    same_origin,
)


def init_app(app: Flask) -> None:
    """Register filters, checks, headers, compression and the page cache, in the order they must run."""
    app.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"],
        # Static files are streamed; the library's own list for streams leaves gzip out.
        COMPRESS_ALGORITHM_STREAMING=["br", "gzip"],
        COMPRESS_MIMETYPES=[
            "text/html", "text/css", "text/javascript", "text/calendar", "text/plain", "image/svg+xml",
            "application/json", "application/problem+json", "application/feed+json", "application/xml",
            "application/atom+xml",
        ],
    )  # fmt: skip
    Compress(app)
    language.init_app(app)
    addresses.init_app(app)
    same_origin.init_app(app)
    bodies.init_app(app)
    limits.init_app(app)
    headers.init_app(app)
    filters.init_app(app)
    pages.init_app(app)
    app.register_blueprint(health.bp)
    app.register_blueprint(robots.bp)
    error_pages.init_app(app)
    app.wsgi_app = page_cache.PageCache(  # type: ignore[method-assign]  # Flask documents this
        app.wsgi_app, seconds=app.config["PAGE_CACHE_SECONDS"], default=app.config["SITE_LANGUAGE"]
    )
