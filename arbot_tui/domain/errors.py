"""Exceptions raised by arbot_tui.

* `ArbotError`
    * `ConfigError` - a setting is missing or wrong; names file, key, value and what is allowed
    * `CredentialError` - a secret is missing, locked or refused
    * `AccountLocked` - another engine holds the account
    * `StorageError` - a database or journal cannot be opened, written or trusted
    * `LedgerError` - a posting would not sum to zero
    * `ExchangeError` - a venue did something the caller has to handle
        * `ExchangeUnavailable` - not reachable or refusing for now (carries `retry_after_s`)
        * `MalformedMessage` - the payload breaks its documented schema
        * `RequestRefused` - the venue refused; nothing happened there (carries the venue's code)
            * `AuthRefused` - the key, signature, clock or permission was refused
        * `OrderNotFound` - no order of that id in the place that was asked
        * `OutcomeUnknown` - the request may or may not have taken effect; query, never resend
"""

__all__ = [
    "AccountLocked",
    "ArbotError",
    "AuthRefused",
    "ConfigError",
    "CredentialError",
    "ExchangeError",
    "ExchangeUnavailable",
    "LedgerError",
    "MalformedMessage",
    "OrderNotFound",
    "OutcomeUnknown",
    "RequestRefused",
    "StorageError",
]


class ArbotError(Exception):
    """Base of everything this program raises on purpose."""


class ConfigError(ArbotError):
    """A setting is missing or wrong; the message says what, where and what is allowed."""


class CredentialError(ArbotError):
    """A secret is missing, locked or refused."""


class AccountLocked(ArbotError):
    """Another engine holds the account, or trades with one of its keys."""


class StorageError(ArbotError):
    """A database or journal cannot be opened, written or trusted."""


class LedgerError(ArbotError):
    """A ledger transaction does not sum to zero, or replays an entry."""


class ExchangeError(ArbotError):
    """A venue did something the caller has to handle.

    Attributes:
        venue: Name of the venue.
    """

    def __init__(self, venue: str, message: str) -> None:
        """Say which venue did what."""
        super().__init__(f"{venue}: {message}")
        self.venue = venue


class ExchangeUnavailable(ExchangeError):
    """The venue cannot be reached or asks us to come back later.

    Attributes:
        retry_after_s: Seconds to wait before anything is sent again; 0 where it did not say.
    """

    def __init__(self, venue: str, message: str, retry_after_s: float = 0.0) -> None:
        """Carry how long to stay away."""
        super().__init__(venue, message)
        self.retry_after_s = retry_after_s


class MalformedMessage(ExchangeError):
    """A payload breaks its documented schema."""


class RequestRefused(ExchangeError):
    """The venue refused the request; it did not take effect.

    Attributes:
        code: The venue's own error code, as text.
    """

    def __init__(self, venue: str, code: str, message: str) -> None:
        """Carry the venue's code beside its text."""
        super().__init__(venue, f"{code} {message}".strip())
        self.code = code


class AuthRefused(RequestRefused):
    """Key, signature, passphrase, clock or permission was refused."""


class OrderNotFound(ExchangeError):
    """The place that was asked knows no order of that id; elsewhere it may exist."""


class OutcomeUnknown(ExchangeError):
    """The request may or may not have taken effect: query by client id, never resend."""
