"""Keys of a world."""

from arbot_tui.simulator.core.instruments import VENUES
from arbot_tui.simulator.credentials import mint_keys, mint_world_id


def test_every_venue_gets_keys_in_its_own_shape() -> None:
    keys = mint_keys()
    assert set(keys) == {venue.name for venue in VENUES}
    assert len(keys["binance"].api_key) == len(keys["binance"].api_secret) == 64
    assert (len(keys["bybit"].api_key), len(keys["bybit"].api_secret)) == (18, 36)
    assert keys["okx"].api_key.count("-") == 4
    assert keys["bitget"].api_key.startswith("bg_")
    assert [name for name in keys if keys[name].passphrase] == ["okx", "bitget"]


def test_nothing_is_minted_twice() -> None:
    assert mint_world_id() != mint_world_id()
    assert mint_keys() != mint_keys()
