"""Sentences of building a model from raw text."""

CATALOGUE = {
    "no_source": {
        "fa": "در {path} متنی پیدا نشد. مسیر را بررسی کنید؛ فایل‌های txt، md و jsonl (هم فشرده با xz یا gz) خوانده می‌شوند.",
        "en": "nothing to read at {path}. Check the path; .txt, .md and .jsonl files (also .xz or .gz) are read.",
    },
    "bad_row": {
        "fa": "سطر {line} در {path} خوانده نشد: {reason}. هر سطر باید یک شیء JSON با فیلد text باشد.",
        "en": "cannot read line {line} of {path}: {reason}. Each line must be a JSON object with a `text` field.",
    },
    "diverged": {
        "fa": "آموزش در گام {step} از هم پاشید (زیان عدد نیست). آخرین نقطهٔ سالم در {path} مانده است؛ نرخ یادگیری را کمتر کنید.",
        "en": "training broke down at step {step} (the loss is not a number). The last good checkpoint is in {path}; lower the learning rate.",
    },
    "inputs_or_recipe": {
        "fa": "یا متن‌ها را بنویسید یا دستور ساخت را با --recipe بدهید؛ یکی از این دو.",
        "en": "name the texts, or give --recipe: one of the two.",
    },
    "stopped": {
        "fa": "آموزش در گام {step} ایستاد. همان فرمان را دوباره بزنید تا از همین‌جا ادامه یابد ({path}).",
        "en": "stopped at step {step}. Run the same command again to go on from there ({path}).",
    },
    "progress": {
        "fa": "گام {step} از {steps} · زیان {loss} · {rate} توکن در ثانیه · {left} مانده",
        "en": "step {step}/{steps} · loss {loss} · {rate} tokens/s · {left} left",
    },
    "help_inputs": {
        "fa": "فایل یا پوشهٔ متن، یا hub:شناسه",
        "en": "a text file or folder, or hub:ID of a data set (streamed)",
    },
    "help_recipe": {
        "fa": "فایل TOML دستور ساخت: منبع‌ها، شکل مدل، زمان‌بندی",
        "en": "TOML recipe: sources, architecture, schedule, tuning",
    },
    "help_root": {"fa": "پوشه‌ای که مسیرهای دستور ساخت از آن شمرده می‌شوند", "en": "folder the recipe's paths start from"},
    "help_out": {"fa": "پوشهٔ نتیجه؛ کار نیمه‌تمام از همان‌جا ادامه می‌یابد", "en": "result folder; an unfinished run goes on there"},
    "help_stage": {"fa": "فقط یک مرحله", "en": "only one stage"},
    "help_max_steps": {"fa": "شمار گام‌های آموزش", "en": "number of training steps"},
    "help_threads": {"fa": "شمار رشته‌های پردازنده", "en": "CPU threads"},
    "help_no_compile": {"fa": "بدون torch.compile", "en": "without torch.compile"},
}
