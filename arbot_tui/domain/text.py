"""Clean text that came from outside, once, at ingest.

What a venue sends (symbols, error messages, notices) may hold escape sequences, right-to-left
overrides or invisible characters. After `sanitise` it is one line of visible characters of
bounded length, and is still never rendered as markup.
"""

from __future__ import annotations

import unicodedata

__all__ = ["sanitise"]

# Cc control, Cf format (bidi, zero-width, soft hyphen, tags), Cs surrogate, Co private use,
# Cn unassigned, Zl/Zp line and paragraph separators.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Blank-looking characters that are letters or marks to Unicode, so categories miss them.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5") | {
    # Variation selectors: zero-width marks that could hide text inside a name.
    *map(chr, range(0x180B, 0x1810)),
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}


def sanitise(text: str, max_chars: int = 200) -> str:
    """Return `text` as one visible line in NFC, at most `max_chars` characters long.

    Control and format characters are dropped (line breaks and tabs become a space), other
    spaces become a plain space, and a cut is marked with an ellipsis.
    """
    # Four times the cap bounds the work on a hostile megabyte, with room for what is dropped.
    raw = unicodedata.normalize("NFC", text[: max_chars * 4])
    kept: list[str] = []
    for char in raw:
        if char in "\n\r\t":
            kept.append(" ")
        elif char in _BLANKS:
            continue
        elif (category := unicodedata.category(char)) == "Zs":
            kept.append(" ")
        elif category not in _DROPPED:
            kept.append(char)
    clean = unicodedata.normalize("NFC", "".join(kept)).strip()
    if len(clean) > max_chars:
        return clean[: max_chars - 1] + "…"
    return clean
