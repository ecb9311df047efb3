"""How a view answers: a private page, a public one that can be cached, or a redirect after a write."""

from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.core.i18n import HTML_LANG, LANGUAGES, current_language
from app.core.tokens import mac, mac_matches
from app.web import page_cache

# Stands in the page while its ETag is made, so that the time of rendering does not change the page.
_STAMP: Final = "juhui-form-stamp-" + "0" * 15


def render(template: str, status: int = 200, /, **context: object) -> Response:
    """Return a page for this reader alone: kept by no cache, its address passed on to nobody."""
    response = _response(render_template(template, **context), status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def public_page(template: str, /, **context: object) -> Response:
    """Return a page that is the same for everybody: no cookie, ETag of its content, 304 when it is known."""
    text = render_template(template, **context)
    etag = sha256(text.encode()).hexdigest()[:24]
    response = _response(text, 200)
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    page_cache.offer(request.environ)
    response.make_conditional(request)
    return response


def _response(text: str, status: int) -> Response:
    if g.pop("has_stamp", False):
        text = text.replace(_STAMP, new_stamp())
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = HTML_LANG[current_language()]
    response.vary.add("Accept-Language")
    return response


def see_other(endpoint: str, **values: str | list[str] | None) -> BaseResponse:
    """Return the redirect after a write: 303, so that a reload does not write again."""
    response = redirect(url_for(endpoint, **dict[str, Any](values)), code=303)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def public_url(endpoint: str, **values: str | None) -> str:
    """Return the absolute address of a page, from PUBLIC_URL; also where there is no request."""
    public = urlsplit(current_app.config["PUBLIC_URL"])
    wanted: dict[str, object] = dict(values)
    current_app.inject_url_defaults(endpoint, wanted)
    adapter = current_app.url_map.bind(public.netloc, url_scheme=public.scheme)
    return adapter.build(endpoint, wanted, force_external=True)


def form_stamp() -> str:
    """Return what the hidden time field of a public form holds; `public_page` puts the time in."""
    g.has_stamp = True
    return _STAMP


def new_stamp() -> str:
    """Return the present time, signed: ten digits of seconds and 22 characters of proof."""
    seconds = f"{int(utc_now().timestamp()):010}"
    return seconds + mac("form", seconds)


def seconds_since(stamp: str) -> float | None:
    """Return how long ago a form was rendered; None when the stamp was not made by us."""
    seconds, proof = stamp[:10], stamp[10:]
    if len(stamp) != len(_STAMP) or not mac_matches(proof, "form", seconds):
        return None
    return utc_now().timestamp() - int(seconds)


def other_language_url() -> str:
    """Return the address of this page in the other language."""
    other = next(language for language in LANGUAGES if language != current_language())
    return address_in(other)


def address_in(language: str, *, external: bool = False) -> str:
    """Return the address of this page in a language; of the home page where no view answered."""
    if request.endpoint is None or request.method not in {"GET", "HEAD"}:
        return public_url("events.home", lang=language) if external else url_for("events.home", lang=language)
    # The reader's query is put behind the address and never into url_for, whose options it could set: with
    # `?_scheme=javascript&_external=1` a stranger would write our links.
    path = url_for(request.endpoint, **(request.view_args or {}), lang=None)
    query = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    path = f"{path}?{urlencode([*query, ('lang', language)])}"
    return current_app.config["PUBLIC_URL"] + path if external else path


def canonical_url() -> str:
    """Return the address search engines should know this page by: absolute, with its language."""
    return address_in(current_language(), external=True)


def init_app(app: Flask) -> None:
    """Offer templates what every page needs."""
    app.jinja_env.globals.update(
        form_stamp=form_stamp,
        other_language_url=other_language_url,
        address_in=address_in,
        canonical_url=canonical_url,
        public_url=public_url,
    )

    @app.context_processor
    def _language() -> dict[str, str]:
        language = current_language()
        return {"language": language, "html_lang": HTML_LANG[language]}
