"""A small application to stand behind the page cache."""

from werkzeug.test import Client

from app.web.page_cache import PageCache, offer

HTML = "text/html; charset=utf-8"
PUBLIC = ("Cache-Control", "public, max-age=0, must-revalidate")


class Site:
    """An application behind the cache: says what it was asked, and how many times it had to answer."""

    def __init__(self):
        self.calls = 0
        self.headers = [PUBLIC, ("Content-Type", HTML), ("ETag", 'W/"one"'), ("X-Other", "kept")]
        self.status = "200 OK"
        self.is_offered = True
        self.body = b"page %d"
        self.hold = None
        self.asked = {}

    def __call__(self, environ, start_response):
        self.calls += 1
        call = self.calls
        self.asked = environ
        if self.is_offered:
            offer(environ)
        if self.hold:
            assert self.hold.wait(60)
        body = self.body % call if b"%d" in self.body else self.body
        start_response(self.status, [*self.headers, ("Content-Length", str(len(body)))])
        return [body]


def cached(site, seconds=60.0):
    return Client(PageCache(site, seconds=seconds, default="zh"))
