"""Which API keys are fit to trade with: those that can do that and nothing worse."""

from __future__ import annotations

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.clock import SECOND

__all__ = ["days_left", "drawbacks", "is_unbound", "refusal", "rights_in_words"]

_DAY_NS = 86_400 * SECOND
_SOON_NS = 7 * _DAY_NS
_ANYWHERE = frozenset({"", "*", "0.0.0.0", "0.0.0.0/0", "::", "::/0"})  # noqa: S104 (nobody binds)


def refusal(permissions: KeyPermissions, now_ns: int) -> str:
    """Return why a key is not to be used, in words that follow its name; empty where it is fit."""
    if permissions.withdraw:
        return "may withdraw; make a key that may only read and trade"
    if permissions.transfer:
        return "may move money between accounts; make a key that may only read and trade"
    if permissions.expires_ns and permissions.expires_ns <= now_ns:
        return "has expired; renew it at the exchange"
    if not permissions.trade:
        return "may not trade; allow it to trade spot at the exchange"
    return ""


def drawbacks(permissions: KeyPermissions, now_ns: int) -> tuple[str, ...]:
    """Return what a person should know of a key that is fit."""
    found = []
    if is_unbound(permissions):
        found.append("works from any address; bind it to this machine's")
    days = days_left(permissions, now_ns)
    if days is not None:
        found.append(f"expires in {days} days" if days != 1 else "expires in 1 day")
    return (*found, *permissions.notes)


def is_unbound(permissions: KeyPermissions) -> bool:
    """Tell whether a key works from any address; an entry that means all addresses is no bond."""
    return not permissions.ips or not _ANYWHERE.isdisjoint(permissions.ips)


def days_left(permissions: KeyPermissions, now_ns: int) -> int | None:
    """Return in how many whole days a key ends that ends soon; None where it does not."""
    if not now_ns < permissions.expires_ns <= now_ns + _SOON_NS:
        return None
    return (permissions.expires_ns - now_ns) // _DAY_NS


def rights_in_words(permissions: KeyPermissions) -> str:
    """Return what a key may do, such as ``trade`` or ``trade, withdraw``."""
    rights = [name for name in ("trade", "withdraw", "transfer") if getattr(permissions, name)]
    return ", ".join(rights) or "read"
