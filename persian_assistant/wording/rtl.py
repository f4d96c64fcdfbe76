"""What is said about the order of right-to-left text on a terminal, and about copying."""

from __future__ import annotations

CATALOGUE: dict[str, dict[str, str]] = {
    # Both languages stand in the question: nobody knows yet which of them can be read.
    "question": {
        "fa": "کدام سطر درست خوانده می‌شود؟\nWhich line reads right?",
        "en": "Which line reads right? (Persian runs from right to left, its letters joined.)",
    },
    "answer": {
        "fa": "شماره (۱، ۲ یا ۳) یا Enter — number (1, 2 or 3), or Enter to pass over",
        "en": "Type its number (1, 2 or 3), or press Enter to pass over",
    },
    "sample": {"fa": "سلام! «نسخهٔ ۱۲» می‌گوید: hello (لابد).", "en": "سلام! «نسخهٔ ۱۲» می‌گوید: hello (لابد)."},
    "passed_over": {
        "fa": "متن به همان ترتیبی که هست نشان داده می‌شود؛ هر وقت خواستید: /rtl",
        "en": "Text is shown in the order it is stored in; change that with /rtl at any time.",
    },
    "now": {
        "fa": "راست‌به‌چپ در این ترمینال ({terminal}): {mode} — {meaning}. عوض کردن: /rtl logical، /rtl visual، /rtl words یا /rtl auto",
        "en": "Right-to-left on this terminal ({terminal}): {mode} — {meaning}. Change it with /rtl logical, /rtl visual, /rtl words or /rtl auto.",
    },
    "mode_auto": {"fa": "خودش تشخیص می‌دهد", "en": "finds out by itself"},
    "mode_logical": {"fa": "ترمینال خودش متن را مرتب می‌کند", "en": "the terminal orders the text itself"},
    "mode_visual": {
        "fa": "برنامه حرف‌ها را به هم می‌چسباند و متن را مرتب می‌کند",
        "en": "the program joins the letters and orders the text",
    },
    "mode_words": {
        "fa": "برنامه واژه‌ها را مرتب می‌کند و ترمینال حرف‌ها را",
        "en": "the program orders the words, the terminal the letters of each",
    },
    "copied": {
        "fa": "پاسخ به بریده‌دان ترمینال فرستاده شد. اگر آنجا نیست، در این فایل هست: {path}",
        "en": "The answer was sent to the terminal's clipboard. If it is not there, it is in {path}",
    },
    "copied_to_file": {"fa": "پاسخ در این فایل نوشته شد: {path}", "en": "The answer was written to {path}"},
    "nothing_to_copy": {
        "fa": "چنین پاسخی در این گفت‌وگو نیست؛ پاسخ‌ها را با /history ببینید.",
        "en": "There is no such answer in this conversation; see /history.",
    },
}
