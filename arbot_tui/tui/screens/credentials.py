"""Which API key each venue would use: set, test and remove them; a secret is never shown."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import KeyRow, KeysView
from arbot_tui.engine.client import EngineClient
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.screens.confirm import ConfirmScreen
from arbot_tui.tui.screens.dialog import Dialog
from arbot_tui.tui.screens.secret_form import SecretForm
from arbot_tui.tui.spans import clean

__all__ = ["CredentialsScreen"]

_KEY_FIELDS = {"api_key": "API key", "api_secret": "API secret", "passphrase": "Passphrase"}
_UNLOCK = {"unlock": "Passphrase of the encrypted file"}


class CredentialsScreen(Dialog[None]):
    """A list of venues; what is typed goes to the engine's keys and nowhere else."""

    DOES: ClassVar = {
        "credentials": "dismiss",
        "quit": "dismiss",
        "down": "move(1)",
        "up": "move(-1)",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("enter", "set_key", show=False),
        Binding("t", "test_key", show=False),
        Binding("d,delete", "remove_key", show=False),
        Binding("u", "unlock", show=False),
    ]

    DEFAULT_CSS = """
    CredentialsScreen {
        & > #keys {
            width: 100; max-width: 96%; height: auto; max-height: 90%;
            padding: 1 2; border: round $frame-focus; background: $surface;
            border-title-color: $title; border-subtitle-color: $dim;
        }
        #message { margin-top: 1; color: $foreground; }
    }
    """

    def __init__(self, client: EngineClient, glyphs: Glyphs) -> None:
        super().__init__()
        self._client = client
        self._glyphs = glyphs
        self._view: KeysView | None = None
        self._at = 0
        self._unlock = ""

    def compose(self) -> ComposeResult:
        """Build the list and the line below it."""
        box = Vertical(id="keys")
        box.border_title = "API keys"
        box.border_subtitle = "enter sets · t tests · d removes · u unlocks · esc closes"
        if self._glyphs.ascii_only:
            box.border_subtitle = str(box.border_subtitle).replace("·", "-")
        with box:
            yield Static(id="rows", markup=False)
            yield Static(id="message", markup=False)

    def on_mount(self) -> None:
        """Ask for the keys."""
        self._say("asking the stores for keys …")
        self._start(self._load)

    # What the keys of this screen do.

    def action_move(self, by: int) -> None:
        """Select another venue."""
        if self._view is not None:
            self._at = max(0, min(len(self._view.rows) - 1, self._at + by))
            self._draw()

    def action_set_key(self) -> None:
        """Ask for the selected venue's key and keep it."""
        self._start(self._set)

    def action_test_key(self) -> None:
        """Ask the venue what its key may do."""
        self._start(self._test)

    def action_remove_key(self) -> None:
        """Forget the selected venue's key, after a question."""
        self._start(self._remove)

    def action_unlock(self) -> None:
        """Ask for the passphrase of the encrypted file."""
        self._start(self._open_file)

    def _start(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self.run_worker(work, exclusive=True, group="keys")  # type: ignore[arg-type]

    # Each runs alone.

    async def _load(self) -> None:
        try:
            answer = await self._client.query("keys", self._secrets())
        except (ArbotError, OSError, ValueError) as e:
            self._unlock = ""
            self._say(str(e))
            return
        if isinstance(answer, KeysView):
            self._view = answer
            self._at = min(self._at, len(answer.rows) - 1)
            self._draw()
            self._say("; ".join(answer.not_asked))

    async def _set(self) -> None:
        row = self._row()
        if row is None or self._view is None:
            return
        if not self._view.store:
            self._say("keys are only read from where [credentials] backend points")
            return
        fields = dict(_KEY_FIELDS)
        if not row.wants_passphrase:
            del fields["passphrase"]
        if self._view.store == "encrypted-file" and not self._unlock:
            fields |= _UNLOCK
        place = f"{row.exchange}/{row.environment}"
        typed = await self.app.push_screen_wait(SecretForm(f"Key of {place}", fields))
        if typed is not None:
            self._unlock = typed.get("unlock", self._unlock)
            await self._command("key_set", {**typed, "exchange": row.exchange})

    async def _test(self) -> None:
        row = self._row()
        if row is not None:
            self._say(f"asking {row.exchange} …")
            await self._command("key_test", {"exchange": row.exchange})

    async def _remove(self) -> None:
        row = self._row()
        if row is None or not row.provider:
            return
        lines = [f"The key …{row.last_four} of {row.exchange}/{row.environment} is forgotten here."]
        question = ConfirmScreen("Remove the key?", lines, "Remove")
        if await self.app.push_screen_wait(question):
            await self._command("key_remove", {"exchange": row.exchange})

    async def _open_file(self) -> None:
        typed = await self.app.push_screen_wait(SecretForm("Encrypted file", _UNLOCK))
        if typed is not None:
            self._unlock = typed["unlock"]
            await self._load()

    async def _command(self, name: str, args: Mapping[str, str]) -> None:
        try:
            result = await self._client.command(name, {**self._secrets(), **args})
        except (ArbotError, OSError, ValueError) as e:
            self._say(str(e))
            return
        await self._load()
        self._say(result.message)

    def _secrets(self) -> dict[str, str]:
        return {"unlock": self._unlock} if self._unlock else {}

    # What is shown.

    def _row(self) -> KeyRow | None:
        return self._view.rows[self._at] if self._view is not None and self._view.rows else None

    def _draw(self) -> None:
        view = self._view
        if view is None:
            return
        lines = [self._line(row, index == self._at) for index, row in enumerate(view.rows)]
        where = f"\nA new key is kept in: {view.store or 'nowhere, by [credentials] backend'}"
        locked = "\nThe encrypted file is locked: u asks for its passphrase." if view.locked else ""
        about = Content.from_text(where + locked, markup=False).stylize("$dim")
        self.query_one("#rows", Static).update(Content("\n").join([*lines, about]))

    def _line(self, row: KeyRow, selected: bool) -> Content:
        cursor = self._glyphs.cursor if selected else " "
        place = f"{cursor} {row.exchange:<9} {row.environment:<8} "
        style = "bold $strong" if selected else "$foreground"
        if not row.provider:
            return Content.assemble((place, style), ("no key", "$dim"))
        key = f"…{row.last_four:<5} {row.provider:<15} "
        if not row.tested_ns:
            rights, colour = "not tested", "$dim"
        elif row.refusal:
            rights, colour = f"! {row.refusal}", "$bad"
        else:
            day = datetime.fromtimestamp(row.tested_ns / SECOND, UTC).date()
            rights, colour = f"{row.rights or 'signs'} (tested {day})", "$gain"
            if row.unbound:
                rights, colour = f"{row.rights} from any address (tested {day})", "$warn"
        return Content.assemble((self._clean(place + key), style), (self._clean(rights), colour))

    def _say(self, text: str) -> None:
        self.query_one("#message", Static).update(self._clean(text))

    def _clean(self, text: str) -> str:
        return clean(sanitise(text, 300), ascii_only=self._glyphs.ascii_only)
