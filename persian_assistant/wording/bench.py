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
    "help_learning": {
        "fa": "یادگیری: در چند دور چیزهایی گفته و بعد پرسیده می‌شود؛ یادآوری، فراموشی و پاسخ‌های نادرست شمرده می‌شوند",
        "en": "learning: things are told in rounds and asked back; recall, forgetting and false answers are counted",
    },
    "help_rounds": {
        "fa": "فایل دورها (JSON Lines)؛ پیش‌فرض data/rounds/tuning.jsonl است",
        "en": "rounds file (JSON Lines); data/rounds/tuning.jsonl if not given",
    },
    "help_arm": {
        "fa": "product خودِ برنامه، naive روش ساده، no_replay بی‌مرور گذشته، joint همه‌چیز با هم، all هر چهار",
        "en": "product as it is, naive the plain recipe, no_replay without what was told earlier, joint all at once; all: the four",
    },
    "help_seeds": {
        "fa": "یک یا چند عدد آغاز تصادف، با ویرگول لاتین از هم جدا",
        "en": "one or several random seeds, with commas between them",
    },
    "help_memory": {
        "fa": "on گفته‌ها را در پرسش هم می‌گذارد، off فقط وزن‌ها را می‌سنجد، both هر دو را از یک آموزش",
        "en": "on puts what was told into the prompt, off measures the weights alone, both asks the same training twice",
    },
    "help_limit": {"fa": "فقط این شمار دورِ نخست", "en": "the first N rounds only"},
    "help_persona": {"fa": "نام شخصیت یا فایل آن", "en": "name or file of a persona"},
    "help_plot": {
        "fa": "نمودار یادآوری به‌ترتیب دور، در این فایل SVG",
        "en": "write a chart of recall by round to this SVG file",
    },
    "rounds_unreadable": {
        "fa": "فایل دورها خوانده نشد: {path} ({reason}). نشانی را با --rounds درست کنید.",
        "en": "cannot read the rounds file {path} ({reason}). Give another one with --rounds.",
    },
    "rounds_line": {
        "fa": "سطر {line} از فایل دورها ({path}) درست نیست: {reason}. آن را اصلاح و دوباره اجرا کنید.",
        "en": "line {line} of the rounds file {path} is not right: {reason}. Correct it and run again.",
    },
    "rounds_empty": {
        "fa": "در فایل دورها ({path}) هیچ رویدادی نیست؛ چیزی برای سنجیدن نمی‌ماند.",
        "en": "the rounds file {path} holds no event, so there is nothing to measure.",
    },
    "giveaway": {
        "fa": "هشدار: در سطر {line} از {path} پرسشی هست که پاسخش را در خود دارد؛ تکرار پرسش درست شمرده می‌شود.",
        "en": "note: line {line} of {path} has a probe that holds its own answer; an echo of it counts as right.",
    },
    "other_json": {
        "fa": "فایل {path} از سنجش دیگری است (فرق در: {what}). برای این سنجش نام دیگری به --json بدهید.",
        "en": "{path} is of another measurement (differs in: {what}). Give --json another name for this one.",
    },
    "interrupted": {
        "fa": "متوقف شد؛ {count} نتیجهٔ تمام‌شده ماند. همین فرمان بقیه را ادامه می‌دهد.",
        "en": "stopped; {count} finished results stay. The same command goes on with the rest.",
    },
    "progress": {
        "fa": "{arm} · تصادف {seed} · دور {number} از {rounds} · {doing}",
        "en": "{arm} · seed {seed} · round {number} of {rounds} · {doing}",
    },
    "doing_base": {"fa": "سنجش مدل پایه", "en": "measuring the base model"},
    "doing_talk": {"fa": "گفتن", "en": "telling"},
    "doing_learn": {"fa": "یادگیری", "en": "learning"},
    "doing_ask": {"fa": "پرسیدن", "en": "asking"},
    "column_target_weights": {"fa": "هدف (فقط وزن‌ها)", "en": "target (weights alone)"},
    "column_target_memory": {"fa": "هدف (با حافظه)", "en": "target (with memory)"},
}
