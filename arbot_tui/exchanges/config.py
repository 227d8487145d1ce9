"""``[exchanges.X]``: which venues are used, where they are, and their fees until known better."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["ExchangeSettings", "ExchangesConfig", "checked_url"]

_REST = ("https", "http")
_WEBSOCKET = ("wss", "ws")
_LEAST_ENABLED = 2


def checked_url(url: str, schemes: tuple[str, str]) -> str:
    """Return `url` without a trailing slash if requests may be sent to it.

    Keys travel with them: clear text is for this machine only.

    Args:
        url: Address of a venue.
        schemes: The encrypted scheme and the clear one.

    Raises:
        ValueError: It is no such address, carries a user, query or fragment, or is in clear text
            and not loopback.
    """
    allowed = f"allowed: {schemes[0]}://HOST, or {schemes[1]}:// to a loopback address"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(allowed) from None
    if parts.scheme not in schemes or not host or parts.username is not None:
        raise ValueError(allowed)
    if parts.query or parts.fragment or any(char.isspace() for char in url):
        raise ValueError(allowed)
    if parts.scheme == schemes[1] and not _is_loopback(host):
        raise ValueError(allowed)
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A name may point anywhere tomorrow, but this one is reserved (RFC 6761).
        return host == "localhost"


class ExchangeSettings(BaseModel):
    """One venue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True,
        description="Use this venue; at least two are needed.",
        json_schema_extra={"hot": False},
    )
    environment: Literal["prod", "demo", "testnet", "custom"] = Field(
        default="prod",
        description="Which of the venue's own systems to use; keys are stored for each.",
        json_schema_extra={"hot": False},
    )
    maker_fee_pct: Decimal = Field(
        default=Decimal("0.1"),
        ge=-1,
        le=5,
        description="Maker fee until the account's own is known; negative is a rebate.",
        json_schema_extra={"unit": "%", "hot": False},
    )
    taker_fee_pct: Decimal = Field(
        default=Decimal("0.1"),
        ge=-1,
        le=5,
        description="Taker fee until the account's own is known; negative is a rebate.",
        json_schema_extra={"unit": "%", "hot": False},
    )
    paper_cash_usd: Decimal = Field(
        default=Decimal(10_000),
        ge=0,
        le=1_000_000_000,
        description="Paper account: what it is given of every quote currency, once.",
        json_schema_extra={"unit": "USD", "hot": False},
    )
    paper_coin_usd: Decimal = Field(
        default=Decimal(1000),
        ge=0,
        le=1_000_000_000,
        description="Paper account: what it is given of every other coin followed, once.",
        json_schema_extra={"unit": "USD", "hot": False},
    )
    paper_reject_pct: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="Paper orders refused at random; 0: as many as yours there were.",
        json_schema_extra={"unit": "%", "hot": False},
    )
    paper_partial_pct: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="Paper orders cut short at random; 0: as many as yours there were.",
        json_schema_extra={"unit": "%", "hot": False},
    )
    paper_latency_ms: float = Field(
        default=0.0,
        ge=0,
        le=10_000,
        description="Paper orders: time beyond a round trip; 0: as yours took, else none.",
        json_schema_extra={"unit": "ms", "hot": False},
    )
    paper_fee_coin: str = Field(
        default="",
        pattern=r"^(quote|[A-Z0-9]{1,20})?$",
        description='Paper fees are taken in it: "quote", or a coin like "BNB"; empty: as yours.',
        json_schema_extra={"hot": False},
    )
    paper_fee_coin_discount_pct: Decimal = Field(
        default=Decimal(25),
        ge=0,
        le=100,
        description="How much lower paper fees are in the coin that is set.",
        json_schema_extra={"unit": "%", "hot": False},
    )
    rest_url: str | None = Field(
        default=None,
        description="REST host with custom: https://HOST[:PORT], http:// only to loopback.",
        json_schema_extra={"hot": False},
    )
    ws_public_url: str | None = Field(
        default=None,
        description="Public WebSocket with custom: wss://..., ws:// only to loopback.",
        json_schema_extra={"hot": False},
    )
    ws_private_url: str | None = Field(
        default=None,
        description="Private WebSocket with custom, where the venue has one.",
        json_schema_extra={"hot": False},
    )
    ws_trade_url: str | None = Field(
        default=None,
        description="WebSocket order entry with custom, where the venue has it.",
        json_schema_extra={"hot": False},
    )

    @property
    def maker_fee(self) -> Decimal:
        """Maker fee as a fraction of the traded value."""
        return self.maker_fee_pct.scaleb(-2)

    @property
    def taker_fee(self) -> Decimal:
        """Taker fee as a fraction of the traded value."""
        return self.taker_fee_pct.scaleb(-2)

    @field_validator("rest_url")
    @classmethod
    def _rest_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        checked = checked_url(url, _REST)
        if urlsplit(checked).path:
            raise ValueError("allowed: scheme, host and port without a path")
        return checked

    @field_validator("ws_public_url", "ws_private_url", "ws_trade_url")
    @classmethod
    def _websocket_address(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url, _WEBSOCKET)

    @model_validator(mode="after")
    def _addresses_fit(self) -> ExchangeSettings:
        urls = (self.rest_url, self.ws_public_url, self.ws_private_url, self.ws_trade_url)
        if self.environment == "custom":
            if self.rest_url is None or self.ws_public_url is None:
                raise ValueError('environment = "custom" needs rest_url and ws_public_url')
        elif any(url is not None for url in urls):
            # Keys of one system must never be sent to the host of another.
            raise ValueError('rest_url and ws_…_url are allowed with environment = "custom" only')
        return self


class _WithoutTestnet(ExchangeSettings):
    """A venue whose only play money is its demo."""

    @field_validator("environment")
    @classmethod
    def _exists(cls, environment: str) -> str:
        if environment == "testnet":
            raise ValueError('allowed: "prod", "demo" or "custom"; this venue has no testnet')
        return environment


class OKXSettings(_WithoutTestnet):
    """OKX; its public fee table lists a lower maker fee."""

    maker_fee_pct: Decimal = Field(
        default=Decimal("0.08"),
        ge=-1,
        le=5,
        description="Maker fee until the account's own is known; negative is a rebate.",
        json_schema_extra={"unit": "%", "hot": False},
    )


class BitgetSettings(_WithoutTestnet):
    """Bitget."""


class ExchangesConfig(BaseModel):
    """All venues."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    binance: ExchangeSettings = ExchangeSettings()
    bybit: ExchangeSettings = ExchangeSettings()
    okx: OKXSettings = OKXSettings()
    bitget: BitgetSettings = BitgetSettings()

    @property
    def enabled(self) -> dict[str, ExchangeSettings]:
        """The venues in use by name, in the order of their index."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: settings for name, settings in found.items() if settings.enabled}

    @model_validator(mode="after")
    def _two_at_least(self) -> ExchangesConfig:
        if len(self.enabled) < _LEAST_ENABLED:
            raise ValueError("at least two venues have to be enabled")
        return self
