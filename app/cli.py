"""The flask commands; each calls a service."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands."""
