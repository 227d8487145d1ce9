from __future__ import annotations

from arbot_tui.exchanges.bybit.hosts import URLS


def test_every_host_is_reached_encrypted_and_under_one_domain() -> None:
    for environment, urls in URLS.items():
        assert environment in ("prod", "demo", "testnet")
        assert urls.rest.startswith("https://")
        for url in (urls.ws_public, urls.ws_private, urls.ws_trade):
            assert url is None or url.startswith("wss://")
        for url in (urls.rest, urls.ws_public):
            assert "bybit.com" in url
            assert not url.endswith("/")
