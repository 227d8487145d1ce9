from __future__ import annotations

from collections.abc import Mapping

import pytest

from arbot_tui.engine.answers import KeyRow, KeysView
from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.tui.glyphs import ASCII, UNICODE, Glyphs
from tests.ui.fakes import START_NS, FakeClient
from tests.ui.harness import Screen, dashboard

SECRETS = ("canary-key", "canary-secret", "canary-phrase", "canary-unlock")


class Keeper(FakeClient):
    """Keeps keys in a dictionary and remembers what it was told."""

    def __init__(self, *, store: str = "encrypted-file", locked: bool = True) -> None:
        super().__init__()
        self.told: list[tuple[str, dict[str, str]]] = []
        self.store = store
        self.locked = locked
        self.refusal = ""
        self.broken = ""
        self.unbound = False

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        if name != "keys":
            return await super().query(name, args)
        if self.broken:
            raise ValueError(self.broken)
        unlocked = "unlock" in args
        tested = START_NS if unlocked else 0
        return KeysView(
            rows=(
                KeyRow("binance", "prod", "", ""),
                KeyRow(
                    "okx",
                    "prod",
                    "encrypted-file" if unlocked else "",
                    "9876" if unlocked else "",
                    "trade" if unlocked else "",
                    self.refusal,
                    tested,
                    wants_passphrase=True,
                    unbound=unlocked and self.unbound,
                ),
            ),
            not_asked=() if unlocked else ("the encrypted file needs its passphrase",),
            store=self.store,
            locked=self.locked and not unlocked,
        )

    async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
        self.told.append((name, dict(args)))
        return CommandResult(True, f"{name} [done]")


async def type_text(screen: Screen, text: str) -> None:
    await screen.press(*("minus" if char == "-" else char for char in text))


@pytest.mark.parametrize(
    ("size", "glyphs"), [((80, 24), ASCII), ((160, 48), UNICODE)], ids=["small", "large"]
)
async def test_a_key_is_typed_unseen_and_told_to_the_engine_alone(
    size: tuple[int, int], glyphs: Glyphs
) -> None:
    keeper = Keeper()
    async with dashboard(keeper, size, glyphs=glyphs) as screen:
        await screen.press("c")
        assert "no key" in screen.line("binance   prod")
        assert "The encrypted file is locked" in screen.text()
        assert "the encrypted file needs its passphrase" in screen.text()
        await screen.press("j", "enter")
        assert "Key of okx/prod" in screen.text()
        for secret in SECRETS:
            await type_text(screen, secret)
            assert "canary" not in screen.text()
            await screen.press("enter")
        assert keeper.told == [
            (
                "key_set",
                dict(
                    zip(("api_key", "api_secret", "passphrase", "unlock"), SECRETS, strict=True),
                    exchange="okx",
                ),
            )
        ]
        assert "9876" in screen.line("okx       prod")
        assert "trade (tested 2026-01-01)" in screen.text()
        assert "key_set [done]" in screen.text()
        assert "canary" not in screen.text()
        await screen.press("t")
        assert keeper.told[-1] == ("key_test", {"unlock": SECRETS[3], "exchange": "okx"})
        await screen.press("escape")
        assert "API keys" not in screen.lines()[5]


async def test_a_venue_without_passphrase_and_a_keyring_ask_for_two_parts() -> None:
    keeper = Keeper(store="keyring")
    async with dashboard(keeper) as screen:
        await screen.press("c", "enter")
        assert "API secret" in screen.text()
        assert "Passphrase" not in screen.text()
        await screen.press("enter", "enter")
        assert "API key is empty" in screen.text()
        await screen.press("escape")
        assert keeper.told == []


async def test_removing_asks_first_and_keeps_by_default() -> None:
    keeper = Keeper()
    async with dashboard(keeper) as screen:
        await screen.press("c", "j", "d")
        assert keeper.told == []
        await screen.press("u")
        await type_text(screen, "canary-unlock")
        await screen.press("enter", "d")
        assert "The key …9876 of okx/prod is forgotten here." in screen.text()
        await screen.press("enter")
        assert keeper.told == []
        await screen.press("d", "tab", "enter")
        assert keeper.told == [("key_remove", {"unlock": "canary-unlock", "exchange": "okx"})]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("may withdraw; make a key that may only read and trade", "! may withdraw"),
        ("", "trade from any address (tested"),
    ],
)
async def test_what_is_wrong_with_a_key_is_said_without_colour(refusal: str, said: str) -> None:
    # row 86
    keeper = Keeper()
    keeper.refusal, keeper.unbound = refusal, True
    async with dashboard(keeper) as screen:
        await screen.press("c", "u", *"pw", "enter")
        assert said in screen.line("okx       prod")


async def test_what_cannot_be_read_is_one_line() -> None:
    keeper = Keeper()
    keeper.broken = "keys.enc: wrong passphrase, [/x] or the file was changed"
    async with dashboard(keeper) as screen:
        await screen.press("c")
        assert "wrong passphrase, [/x] or the file was changed" in screen.text()
        await screen.press("j", "enter", "t", "d")
        assert keeper.told == []


async def test_where_keys_are_only_read_none_is_asked_for() -> None:
    async with dashboard(Keeper(store="")) as screen:
        await screen.press("c", "enter")
        assert "keys are only read from where" in screen.text()


async def test_a_halt_works_from_within_the_form() -> None:
    keeper = Keeper()
    async with dashboard(keeper) as screen:
        await screen.press("c", "enter", *"sx", "ctrl+x")
        assert keeper.told == [("halt", {})]
