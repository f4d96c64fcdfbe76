"""Sentences of the measuring commands."""

CATALOGUE = {
    "help_speed": {
        "fa": "زمان‌ها و سرعت‌های گپ: آماده‌شدن، پاسخ، دور یادگیری، تعویض نسخه",
        "en": "times and speeds of the chat: start, answer, learning pass, swap",
    },
    "help_model": {
        "fa": "نام یا پوشهٔ مدل؛ gpt2-fa-shape مدلی تصادفی هم‌اندازهٔ gpt2-fa می‌سازد",
        "en": "name or folder of a model; gpt2-fa-shape builds a random one of gpt2-fa's shape",
    },
    "help_quant": {"fa": "۴ بیتی یا همان‌طور که هست", "en": "4 bits or as they are"},
    "help_exchanges": {"fa": "شمار گفت‌وگوهای یک دور یادگیری", "en": "exchanges of one learning pass"},
    "help_json": {"fa": "نتیجه در این فایل هم نوشته شود", "en": "write the result to this file, too"},
    "no_version": {
        "fa": "دور یادگیری نسخه‌ای منتشر نکرد؛ برای همین چیزی سنجیده نشد.",
        "en": "the pass published no version, so there is nothing to measure.",
    },
    "column_figure": {"fa": "کمیت", "en": "figure"},
    "column_value": {"fa": "مقدار", "en": "value"},
    "column_target": {"fa": "هدف", "en": "target"},
}
