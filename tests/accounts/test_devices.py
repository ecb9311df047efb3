"""What a browser says of itself, in words for people."""

import pytest

from app.accounts.devices import in_words
from app.core.i18n import speaking

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; V2307A Build/AP3A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/134.0 Mobile Safari/537.36"
)
MOBILE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/142.0.0.0", "Edge on Windows"),
        (f"{MOBILE} Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{MOBILE} CriOS/142.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"{MOBILE} Mobile/15E148 MicroMessenger/8.0.60 NetType/WIFI Language/zh_CN", "WeChat on iPhone"),
        (f"{ANDROID} XWEB/1340 MMWEBSDK/20250202 MicroMessenger/8.0.60", "WeChat on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Mac"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1 Mobile HuaweiBrowser/5.0", "Huawei Browser on HarmonyOS"),
        ("curl/8.0", "An unknown browser"),
        ("", "An unknown browser"),
        ("Windows <script>", "Windows"),
    ],
)
def test_device_is_named_as_people_call_it(app, user_agent, words):
    with speaking("en"):
        assert in_words(user_agent) == words


def test_device_is_named_in_chinese_too(app):
    with speaking("zh"):
        assert in_words(CHROME) == "Windows 上的 Chrome"
