"""QR codes as a phone reads them."""

from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser


def scanned(browser: Browser, svg: bytes) -> str:
    """Return what a scanner reads in a QR code, drawn by a browser."""
    with browser.new_page() as page:
        page.set_content(f'<div style="width: 400px">{svg.decode()}</div>')
        (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(page.screenshot())))
    return found.text
