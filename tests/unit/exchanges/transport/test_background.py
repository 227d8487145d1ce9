import asyncio

from arbot_tui.exchanges.transport.background import Background


async def test_what_was_started_runs_and_is_forgotten() -> None:
    background, seen = Background(), list[int]()

    async def work() -> None:
        seen.append(1)

    background.start(work())
    assert len(background) == 1
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert seen == [1]
    assert len(background) == 0


async def test_closing_cancels_what_runs_and_drops_what_comes_later() -> None:
    background, ended = Background(), list[str]()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    background.start(work())
    await asyncio.sleep(0)
    await background.close()
    background.start(work())

    assert ended == ["cancelled"]
    assert len(background) == 0


async def test_a_bug_is_shown_to_the_event_loop() -> None:
    background, shown = Background(), list[object]()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: shown.append(context["exception"]))

    async def work() -> None:
        raise ZeroDivisionError

    background.start(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    loop.set_exception_handler(None)

    assert [type(error) for error in shown] == [ZeroDivisionError]
