from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.fees import TradingFees
from arbot_tui.exchanges import factory as factory_module
from arbot_tui.exchanges.base import ExchangeConfig, VenueUrls
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.exchanges.config import ExchangeSettings
from arbot_tui.exchanges.factory import ENTRY_POINT_GROUP, ExchangeFactory

FOUR = ("binance", "bybit", "okx", "bitget")


def _config(name: str) -> ExchangeConfig:
    fees = TradingFees(Decimal("0.001"), Decimal("0.001"))
    urls = VenueUrls("http://127.0.0.1:9", "ws://127.0.0.1:9")
    return ExchangeConfig(name, 0, urls, "custom", fees)


def _installed(monkeypatch: pytest.MonkeyPatch, **found: str) -> None:
    points = EntryPoints(
        EntryPoint(name, value, ENTRY_POINT_GROUP) for name, value in found.items()
    )
    monkeypatch.setattr(factory_module, "entry_points", lambda group: points.select(group=group))


@pytest.mark.parametrize("name", FOUR)
def test_every_venue_of_the_house_is_there_and_reachable_in_production(name: str) -> None:
    factory = ExchangeFactory()

    exchange = factory.create(_config(name), VirtualClock())
    urls = factory.urls(name, ExchangeSettings())

    assert exchange.name == name
    assert urls.rest.startswith("https://")
    assert urls.ws_public.startswith("wss://")


def test_the_four_come_first() -> None:
    assert ExchangeFactory().names[:4] == FOUR


def test_a_custom_environment_takes_the_settings_addresses() -> None:
    settings = ExchangeSettings(
        environment="custom", rest_url="http://127.0.0.1:1", ws_public_url="ws://127.0.0.1:2"
    )

    urls = ExchangeFactory().urls("binance", settings)

    assert urls == VenueUrls("http://127.0.0.1:1", "ws://127.0.0.1:2")


def test_environments_never_share_a_host() -> None:
    factory = ExchangeFactory()
    prod = factory.urls("binance", ExchangeSettings())
    testnet = factory.urls("binance", ExchangeSettings(environment="testnet"))
    demo = factory.urls("binance", ExchangeSettings(environment="demo"))

    assert len({urls.rest for urls in (prod, testnet, demo)}) == 3
    assert len({urls.ws_public for urls in (prod, testnet, demo)}) == 3


def test_an_environment_that_a_venue_does_not_have() -> None:
    with pytest.raises(ConfigError, match=r"exchanges\.okx\.environment: testnet"):
        ExchangeFactory().urls("okx", ExchangeSettings(environment="testnet"))


def test_an_unknown_venue_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'kraken': allowed: binance, bybit, okx, bitget"):
        ExchangeFactory().create(_config("kraken"), VirtualClock())


def test_a_fifth_venue_comes_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, toy="arbot_tui.exchanges.binance.adapter:BinanceExchange")
    factory = ExchangeFactory()

    assert factory.names == (*FOUR, "toy")
    assert isinstance(factory.create(_config("toy"), VirtualClock()), BinanceExchange)
    assert factory.urls("toy", ExchangeSettings()).rest == "https://api.binance.com"


def test_nothing_installed_beside_the_house_replaces_a_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _installed(monkeypatch, binance="os:getcwd")

    assert isinstance(ExchangeFactory().create(_config("binance"), VirtualClock()), BinanceExchange)


def test_an_entry_point_that_is_no_adapter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, toy="os:getcwd")

    with pytest.raises(ConfigError, match="is no BaseExchange"):
        ExchangeFactory().create(_config("toy"), VirtualClock())


def test_no_adapter_and_no_socket_library_is_imported_before_it_is_needed() -> None:
    script = (
        "import sys; from arbot_tui.exchanges.factory import ExchangeFactory; ExchangeFactory();"
        "print([n for n in sys.modules if n in ('aiohttp', 'websockets', 'numpy')"
        " or n.startswith('arbot_tui.exchanges.') and n.endswith('.adapter')])"
    )

    shown = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert shown.stdout.strip() == "[]"
