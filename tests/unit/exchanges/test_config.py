from decimal import Decimal

import pytest
from pydantic import ValidationError

from arbot_tui.exchanges.config import ExchangesConfig, ExchangeSettings, checked_url

HTTP = ("https", "http")


def test_untouched_all_four_are_used_in_their_order() -> None:
    config = ExchangesConfig()

    assert list(config.enabled) == ["binance", "bybit", "okx", "bitget"]
    assert {settings.environment for settings in config.enabled.values()} == {"prod"}
    assert config.okx.maker_fee == Decimal("0.0008")
    assert config.binance.taker_fee == Decimal("0.001")


def test_two_venues_are_needed() -> None:
    off = ExchangeSettings(enabled=False)

    assert list(ExchangesConfig(binance=off, bybit=off).enabled) == ["okx", "bitget"]
    with pytest.raises(ValidationError, match="at least two venues"):
        ExchangesConfig.model_validate(
            {name: {"enabled": False} for name in ("binance", "bybit", "okx")}
        )


@pytest.mark.parametrize("venue", ["okx", "bitget"])
def test_a_venue_without_a_testnet_says_so(venue: str) -> None:
    with pytest.raises(ValidationError, match="no testnet"):
        ExchangesConfig.model_validate({venue: {"environment": "testnet"}})
    demo = ExchangesConfig.model_validate({venue: {"environment": "demo"}})
    assert demo.enabled[venue].environment == "demo"
    testnet = ExchangesConfig.model_validate({"binance": {"environment": "testnet"}})
    assert testnet.binance.environment == "testnet"


def test_custom_needs_its_addresses_and_only_custom_has_them() -> None:
    urls = {"rest_url": "https://a.example:8443/", "ws_public_url": "wss://a.example/ws/"}

    settings = ExchangeSettings.model_validate({"environment": "custom", **urls})

    assert settings.rest_url == "https://a.example:8443"
    assert settings.ws_public_url == "wss://a.example/ws"
    for broken in (
        {"environment": "custom"},
        {"environment": "custom", "rest_url": urls["rest_url"]},
        {"environment": "prod", **urls},
        {"environment": "demo", "ws_trade_url": urls["ws_public_url"]},
    ):
        with pytest.raises(ValidationError):
            ExchangeSettings.model_validate(broken)


def test_addresses_may_be_left_open_explicitly() -> None:
    settings = ExchangeSettings.model_validate({"rest_url": None, "ws_public_url": None})

    assert settings.rest_url is None
    assert settings.ws_public_url is None


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.example", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:9"),
        "http://127.8.9.10",
    ],
)
def test_addresses_that_are_safe(url: str) -> None:
    assert checked_url(url, HTTP) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "api.example", "https://", "https:///path", "ftp://a.example", "ws://a.example"),
        *("http://a.example", "http://10.0.0.1", "http://localhost.evil.example", "http://0.0.0.0"),
        *("https://user@a.example", "https://u:p@a.example", "https://a.example:port"),
        *("https://a.example/?x=1", "https://a.example/#x", "https://a.exa mple", "https://[::1"),
    ],
)
def test_addresses_that_are_not(url: str) -> None:
    with pytest.raises(ValueError, match="allowed: https://HOST"):
        checked_url(url, HTTP)


def test_a_rest_address_has_no_path() -> None:
    with pytest.raises(ValidationError, match="without a path"):
        ExchangeSettings.model_validate(
            {
                "environment": "custom",
                "rest_url": "https://a.example/api",
                "ws_public_url": "wss://a.example",
            }
        )


@pytest.mark.parametrize(
    "values",
    [{"taker_fee_pct": 6}, {"maker_fee_pct": "x"}, {"environment": "mainnet"}, {"fee": 1}],
)
def test_values_out_of_range_and_unknown_keys_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExchangeSettings.model_validate(values)


def test_every_key_has_a_meaning_and_fees_have_a_unit() -> None:
    for model in (ExchangeSettings, type(ExchangesConfig().okx)):
        for name, field in model.model_fields.items():
            assert field.description
            if name.endswith("_pct"):
                assert isinstance(field.json_schema_extra, dict)
                assert field.json_schema_extra["unit"] == "%"
