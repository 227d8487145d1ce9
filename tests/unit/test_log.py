from __future__ import annotations

import json
import logging
import stat
import sys
import threading
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.states import Mode
from arbot_tui.log import LogRing, Logs, Redactor

START = 1_700_000_000 * SECOND
CANARY = "c4n4ry/Secret+Value="


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def logs(tmp_path: Path, clock: VirtualClock) -> Iterator[Logs]:
    with Logs(tmp_path / "logs", clock, secrets=[Secret(CANARY)]) as opened:
        yield opened


def lines(logs: Logs) -> list[dict[str, object]]:
    return [json.loads(line) for line in logs.path.read_text(encoding="utf-8").splitlines()]


class TestLines:
    def test_a_line_has_time_level_event_and_fields(self, logs: Logs) -> None:
        structlog.get_logger("engine").warning("quote_stale", venue="okx", age_ms=12, ok=True)
        assert lines(logs) == [
            {
                "at": "2023-11-14T22:13:20.000000Z",
                "level": "warning",
                "event": "quote_stale",
                "logger": "engine",
                "venue": "okx",
                "age_ms": 12,
                "ok": True,
            }
        ]

    def test_the_screen_gets_the_same(self, logs: Logs) -> None:
        structlog.get_logger().info("started", venues=["okx", "bybit"], seed=7)
        (entry,) = logs.ring.since(0)
        assert entry == (1, START, "info", "started", 'venues=["okx", "bybit"] seed=7')

    def test_values_of_every_kind_fit_into_json(self, logs: Logs) -> None:
        structlog.get_logger().info(
            "values",
            money=Decimal("0.10"),
            mode=Mode.SIMULATE,
            nothing=None,
            endless=float("nan"),
            nested={"a": [1, {"b": (2.5, object())}]},
            deep=[[[[[["x"]]]]]],
            many=list(range(1000)),
        )
        (line,) = lines(logs)
        assert line["money"] == "0.10"
        assert line["mode"] == "simulate"
        assert line["nothing"] is None
        assert line["endless"] == "nan"
        assert line["many"] == list(range(50))
        assert len(json.dumps(line)) < 2000

    def test_a_field_cannot_replace_the_stamp(self, logs: Logs) -> None:
        structlog.get_logger().info("trick", level="debug", at_ns=1)
        (line,) = lines(logs)
        assert (line["level"], line["level_"], line["at_ns_"]) == ("info", "debug", 1)

    def test_debug_is_made_only_when_asked_for(
        self, tmp_path: Path, clock: VirtualClock, logs: Logs
    ) -> None:
        structlog.get_logger().debug("detail")
        assert lines(logs) == []
        logs.__exit__(None, None, None)
        with Logs(tmp_path / "debug", clock, level="debug") as loud:
            structlog.get_logger().debug("detail")
            assert len(lines(loud)) == 1

    def test_text_from_outside_cannot_leave_its_line(self, logs: Logs) -> None:
        structlog.get_logger().info(
            "notice\x1b[2J", text='a\nb\x1b]0;x\x07\u202e"c"', **{"na\nme": "v"}
        )
        raw = logs.path.read_text(encoding="utf-8")
        assert raw.count("\n") == 1
        assert not set(raw) & set("\x1b\x07\u202e")
        (entry,) = logs.ring.since(0)
        assert "\n" not in entry.fields
        assert entry.event == "notice[2J"

    def test_long_text_is_cut(self, logs: Logs) -> None:
        structlog.get_logger().info("long", text="x" * 100_000)
        assert len(str(lines(logs)[0]["text"])) == 500

    def test_an_exception_shows_places_and_no_variables(self, logs: Logs) -> None:
        def fail(hidden: str) -> None:
            raise ValueError(f"bad {len(hidden)}")

        try:
            fail("local-variable-content")
        except ValueError:
            structlog.get_logger().exception("failed")
        (line,) = lines(logs)
        assert line["error"] == "ValueError: bad 22"
        trace = line["trace"]
        assert isinstance(trace, list)
        assert trace[-1].startswith("fail test_log.py:")
        assert "local-variable-content" not in json.dumps(line)

    def test_an_exception_may_be_given_as_a_value(self, logs: Logs) -> None:
        structlog.get_logger().error("failed", exc_info=KeyError("x"))
        assert lines(logs)[0]["error"] == "KeyError: 'x'"

    def test_exc_info_without_an_exception_is_nothing(self, logs: Logs) -> None:
        structlog.get_logger().error("failed", exc_info=True)
        assert "error" not in lines(logs)[0]


class TestSecrets:
    def test_a_planted_secret_is_nowhere(self, logs: Logs) -> None:
        log = structlog.get_logger()
        secret = Secret(CANARY)
        log.info("plain", text=f"before {CANARY} after", secret=secret, nested=[{"x": CANARY}])
        log.info("url", url=f"https://x/?key={CANARY}", quoted="c4n4ry%2FSecret%2BValue%3D")
        log.info(CANARY, **{CANARY: 1})
        log.error("failed", exc_info=RuntimeError(CANARY))
        logging.getLogger("library").error("said %s", CANARY)
        raw = logs.path.read_text(encoding="utf-8") + repr(logs.ring.since(0))
        assert CANARY not in raw
        assert "c4n4ry" not in raw
        assert raw.count("***") >= 10

    @pytest.mark.parametrize(
        "name",
        [
            *("api_key", "apiSecret", "api_secret", "passphrase", "PASSWORD", "token"),
            *("access_token", "signature", "Authorization", "cookie", "secret"),
        ],
    )
    def test_fields_are_hidden_by_name(self, logs: Logs, name: str) -> None:
        structlog.get_logger().info("keys", **{name: "short"})
        assert lines(logs)[0][name] == "***"

    @pytest.mark.parametrize("name", ["tokens", "signal", "keys", "passes"])
    def test_harmless_names_are_shown(self, logs: Logs, name: str) -> None:
        structlog.get_logger().info("harmless", **{name: 3})
        assert lines(logs)[0][name] == 3

    def test_a_flag_tells_no_secret(self, logs: Logs) -> None:
        structlog.get_logger().info("keys", passphrase=True, api_secret=None)
        assert lines(logs)[0]["passphrase"] is True
        assert lines(logs)[0]["api_secret"] is None

    @pytest.mark.parametrize(
        "text",
        [
            "fXAr5bQMuSe2WSzEgs0dwTiVQAblGCBMIVIP8674VJ4r39jLi8nFYWAZVnqF7rMi",
            "bg_0123456789abcdef0123456789abcdef",
            "F642E22093364DFAA8D94629FD5D2303",
            "beSNcahT1sKMuevpXmhXYNhazH1wYwQuYTmT",
        ],
    )
    def test_key_shapes_are_hidden_wherever_they_stand(self, text: str) -> None:
        assert Redactor().text(f"got ({text}) back") == "got (***) back"

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("GET /api?timestamp=1&signature=ab12cd&x=1", "GET /api?timestamp=1&signature=***&x=1"),
            ('{"apiKey":"K1","passphrase": "p w"}', '{"apiKey":***,"passphrase": ***}'),
            ("passphrase='p w' x", "passphrase=*** x"),
            ('passphrase="p w', "passphrase=***"),
            ("X-MBX-APIKEY: abc", "X-MBX-APIKEY: ***"),
            ("OK-ACCESS-SIGN: abc=", "OK-ACCESS-SIGN: ***"),
            ("Authorization: Bearer abcdefgh", "Authorization: Bearer ***"),
            ("sent bearer abcdefghij to x", "sent Bearer *** to x"),
            ("BINANCE_API_SECRET=abc", "BINANCE_API_SECRET=abc"),
            ("order a1b2c3d0000000100ab rejected", "order a1b2c3d0000000100ab rejected"),
        ],
    )
    def test_assignments_are_hidden(self, text: str, shown: str) -> None:
        assert Redactor().text(text) == shown

    def test_very_short_secrets_do_not_hide_the_log(self) -> None:
        assert Redactor([Secret(""), Secret("a")]).text("a cat") == "a cat"

    @given(st.text(min_size=4, max_size=40), st.text(max_size=30), st.text(max_size=30))
    def test_a_known_secret_never_appears(self, secret: str, before: str, after: str) -> None:
        redactor = Redactor([Secret(secret)])
        shown = redactor.text(before + secret + after)
        # What is around it may hold the same characters by chance, but not as one piece.
        if secret not in before + "***" + after and secret.strip("*"):
            assert secret not in shown


class TestRate:
    def test_ten_of_an_event_in_a_second_and_the_rest_is_counted(
        self, logs: Logs, clock: VirtualClock
    ) -> None:
        log = structlog.get_logger("feed")
        for number in range(25):
            log.info("gap", number=number)
        log.info("other")
        clock.advance(SECOND)
        log.info("gap", number=25)

        found = lines(logs)
        assert [line.get("number") for line in found] == [*range(10), None, 25]
        assert found[-1]["dropped"] == 15
        assert "dropped" not in found[0]

    def test_what_was_dropped_at_the_end_is_told(self, tmp_path: Path, clock: VirtualClock) -> None:
        with Logs(tmp_path, clock) as logs:
            for _ in range(13):
                structlog.get_logger().info("gap")
        assert lines(logs)[-1]["event"] == "log_lines_dropped"
        assert lines(logs)[-1]["events"] == {"gap": 3}

    def test_names_made_of_values_share_one_limit(
        self, logs: Logs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("arbot_tui.log._MAX_EVENTS", 5)
        for number in range(100):
            structlog.get_logger().info(f"event_{number}")
        assert len(lines(logs)) <= 16


class TestFiles:
    def test_they_belong_to_the_owner_and_are_rotated(
        self, tmp_path: Path, clock: VirtualClock
    ) -> None:
        folder = tmp_path / "logs"
        folder.mkdir(mode=0o755)
        with Logs(folder, clock, file_bytes=2_000, files=4) as logs:
            for number in range(200):
                structlog.get_logger().info("filler", text="x" * 100, number=number)
                clock.advance(SECOND)
        files = sorted(folder.iterdir())
        assert [file.name for file in files] == [
            "arbot-tui.log",
            *(f"arbot-tui.log.{n}" for n in (1, 2, 3)),
        ]
        assert sum(file.stat().st_size for file in files) <= 4 * 2_000
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert lines(logs)[-1]["number"] == 199

    def test_the_default_never_exceeds_200_mib(self) -> None:
        from arbot_tui import log

        assert log._FILES * log._FILE_BYTES <= 200 << 20

    def test_a_file_in_place_of_the_folder_is_one_clear_error(
        self, tmp_path: Path, clock: VirtualClock
    ) -> None:
        (tmp_path / "logs").write_text("")
        with (
            pytest.raises(StorageError, match=r"log .*arbot-tui\.log"),
            Logs(tmp_path / "logs", clock),
        ):
            pass

    def test_a_full_disk_stops_nothing_and_writes_on_no_screen(
        self, logs: Logs, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            def write(self, text: str) -> int:
                raise OSError(28, "No space left on device")

            def seek(self, *_: int) -> int:
                return 0

            def tell(self) -> int:
                return 0

            def flush(self) -> None: ...
            def close(self) -> None: ...

        assert logs._file is not None
        monkeypatch.setattr(logs._file, "stream", Full())
        structlog.get_logger().error("storage_failed")
        assert [entry.event for entry in logs.ring.since(0)] == ["storage_failed"]
        assert capfd.readouterr() == ("", "")


class TestStderr:
    def test_nothing_is_written_there_unless_asked_for(
        self, logs: Logs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        structlog.get_logger().error("failed")
        logging.getLogger("asyncio").error("task exception was never retrieved")
        assert capfd.readouterr() == ("", "")

    def test_a_headless_run_shows_its_lines(
        self, tmp_path: Path, clock: VirtualClock, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with Logs(tmp_path, clock, stderr=True):
            structlog.get_logger().info("started", seed=7)
        out, err = capfd.readouterr()
        assert (out, err) == ("", "22:13:20.000 info started seed=7\n")

    def test_a_closed_stderr_stops_nothing(
        self, tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Gone:
            def write(self, text: str) -> int:
                raise BrokenPipeError

        with Logs(tmp_path, clock, stderr=True) as logs:
            monkeypatch.setattr(sys, "stderr", Gone())
            structlog.get_logger().info("one")
            structlog.get_logger().info("two")
            assert len(lines(logs)) == 2


class TestLibraries:
    def test_their_warnings_become_events(self, logs: Logs) -> None:
        logging.getLogger("websockets.client").info("chatter")
        logging.getLogger("websockets.client").warning("odd %d", 3)
        (line,) = lines(logs)
        assert line["event"] == "library"
        assert line["logger"] == "websockets.client"
        assert line["message"] == "odd 3"
        assert line["level"] == "warning"

    def test_their_exceptions_come_along(self, logs: Logs) -> None:
        try:
            raise OSError("broken")
        except OSError:
            logging.getLogger("x").exception("failed")
        assert lines(logs)[0]["error"] == "OSError: broken"

    def test_an_odd_level_is_rounded_down(self, logs: Logs) -> None:
        logging.getLogger("x").log(95, "odd")
        logging.getLogger("x").log(35, "odd")
        assert [line["level"] for line in lines(logs)] == ["critical", "warning"]

    def test_python_warnings_go_to_the_log(
        self, logs: Logs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(False)
            logging.captureWarnings(True)
            warnings.warn("look out", UserWarning, stacklevel=1)
            logging.captureWarnings(False)
        assert "look out" in str(lines(logs)[0]["message"])
        assert capfd.readouterr() == ("", "")

    def test_a_thread_that_dies_is_logged_and_not_printed(
        self, logs: Logs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def die() -> None:
            raise ValueError("in a thread")

        thread = threading.Thread(target=die, name="journal")
        thread.start()
        thread.join()
        (line,) = lines(logs)
        assert line["event"] == "thread_died"
        assert line["error"] == "ValueError: in a thread"
        assert capfd.readouterr() == ("", "")

    def test_what_a_finaliser_raises_is_logged_and_not_printed(
        self, logs: Logs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        class Broken:
            def __del__(self) -> None:
                raise ValueError("in a finaliser")

        Broken()
        (line,) = lines(logs)
        assert (line["event"], line["error"]) == ("unraisable", "ValueError: in a finaliser")
        assert capfd.readouterr() == ("", "")

    def test_closing_leaves_everything_as_it_was(self, tmp_path: Path, clock: VirtualClock) -> None:
        handlers, hook = list(logging.getLogger().handlers), threading.excepthook
        with Logs(tmp_path, clock):
            pass
        assert logging.getLogger().handlers == handlers
        assert threading.excepthook is hook
        assert not structlog.is_configured()


class TestRing:
    @given(st.integers(0, 40), st.integers(0, 45), st.integers(1, 20))
    def test_it_holds_the_newest_lines_in_order(self, made: int, seen: int, capacity: int) -> None:
        ring = LogRing(capacity)
        for number in range(made):
            ring.append(number, "info", "event", "")
        assert ring.last_seq == made
        wanted = [seq for seq in range(1, made + 1) if seq > seen][-capacity:]
        assert [entry.seq for entry in ring.since(seen)] == wanted

    def test_many_threads_may_add(self) -> None:
        ring = LogRing(10_000)

        def add() -> None:
            for _ in range(500):
                ring.append(1, "info", "event", "")

        threads = [threading.Thread(target=add) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [entry.seq for entry in ring.since(0)] == list(range(1, 4_001))
