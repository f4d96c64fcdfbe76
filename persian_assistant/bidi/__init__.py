"""Right-to-left text on terminals that do not order it themselves: letters joined, lines in visual order.

The path of a line: paragraph direction (`direction`), joined letters (`shaping`), embedding levels
(`levels`), wrapped at the terminal's width and only then ordered (`lines`). One way, at the screen's edge:
nothing here is ever read back, kept or copied. Knows nothing of rich, prompt_toolkit or sessions.
"""

from __future__ import annotations

MODES = ("auto", "logical", "visual", "words")
ORDERED = ("visual", "words")
"""The modes in which text is ordered here; in the others the terminal gets it as it is."""
RTL_MARK = "\u200f"
"""U+200F, a mark of direction: no shown text has one of its own (`text.sanitise`)."""
