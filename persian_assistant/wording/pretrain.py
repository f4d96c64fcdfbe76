"""Sentences of building a model from raw text."""

CATALOGUE = {
    # --- the recipe
    "inputs_or_recipe": {
        "fa": "یا متن‌ها را بنویسید یا دستور ساخت را با --recipe بدهید؛ یکی از این دو.",
        "en": "name the texts, or give --recipe: one of the two.",
    },
    "bad_field": {
        "fa": "در {path} مقدار «{value}» برای {field} پذیرفتنی نیست. می‌شود نوشت: {expected}",
        "en": "{path}: {value!r} is not a valid {field}: expected {expected}.",
    },
    "missing_field": {
        "fa": "در {path} فیلد {field} نیامده است؛ آن را بنویسید.",
        "en": "{path}: the field {field} is missing. Add it.",
    },
    "no_sources": {
        "fa": "دستور ساخت «{name}» هیچ متنی نام نمی‌برد. دست‌کم یک بخش [[sources]] با path لازم است.",
        "en": "the recipe {name!r} names no text. Give at least one [[sources]] table with a path.",
    },
    # --- reading text
    "no_source": {
        "fa": "در {path} متنی پیدا نشد. مسیر را بررسی کنید؛ فایل‌های txt، md و jsonl (هم فشرده با xz یا gz) خوانده می‌شوند.",
        "en": "nothing to read at {path}. Check the path; .txt, .md and .jsonl files (also .xz or .gz) are read.",
    },
    "cannot_read": {
        "fa": "{path} خوانده نشد: {reason}. فایل را دوباره بگیرید یا از دستور ساخت بردارید.",
        "en": "cannot read {path}: {reason}. Get the file again, or take it out of the recipe.",
    },
    "bad_row": {
        "fa": "سطر {line} در {path} خوانده نشد: {reason}. هر سطر باید یک شیء JSON با فیلد text باشد.",
        "en": "cannot read line {line} of {path}: {reason}. Each line must be a JSON object with a `text` field.",
    },
    "bad_dialogue": {
        "fa": "سطر {line} در {path} گفت‌وگوی درستی نیست: {reason}. هر سطر یا messages دارد که با پاسخ دستیار تمام می‌شود، یا instruction و response.",
        "en": "line {line} of {path} is no usable dialogue: {reason}. Each line has `messages` that end with an answer, or `instruction` and `response`.",
    },
    "no_hub_text": {
        "fa": "مجموعهٔ دادهٔ «{name}» ستونی متنی به نام text ندارد؛ ستون‌هایش: {columns}.",
        "en": "the data set {name!r} has no column `text` that holds text; it has: {columns}.",
    },
    "source": {
        "fa": "{source}: {raw} سند، {unique} سند بی‌تکرار، {words} کلمه برای آموزش",
        "en": "{source}: {raw} documents, {unique} without duplicates, {words} words to train on",
    },
    "source_empty": {
        "fa": "{source}: هیچ سند تازه‌ای نماند ({raw} سند پیش از کنار گذاشتن تکراری‌ها). آیا متن فارسی و UTF-8 است؟",
        "en": "{source}: no new document is left ({raw} before duplicates went). Is it Persian text, in UTF-8?",
    },
    "no_text": {
        "fa": "پس از پاک‌سازی هیچ متن فارسی‌ای برای آموزش نماند ({sources}). منبع‌ها را بررسی کنید؛ متن باید UTF-8 باشد.",
        "en": "no Persian text to train on is left after cleaning ({sources}). Check the sources; text must be UTF-8.",
    },
    "too_little": {
        "fa": "متن برای آموزش کم است: {tokens} توکن، در حالی که یک ردیف {block} توکن است. متن بیشتری بدهید یا block_size را کم کنید.",
        "en": "too little text to train on: {tokens} tokens, and one row takes {block}. Add text or lower block_size.",
    },
    "packed": {
        "fa": "متن آماده است: {main} توکن، و {late} توکن برای بخش پایانی.",
        "en": "the text is ready: {main} tokens, and {late} for the final phase.",
    },
    "other_corpus": {
        "fa": "متن‌های آمادهٔ {path} از منبع‌ها یا تنظیم‌های دیگری ساخته شده‌اند. --out دیگری بدهید؛ یا برای ساختن از نو، آن پوشه و پوشهٔ training کنارش را پاک کنید.",
        "en": "the prepared text in {path} was made from other sources or settings. Give another --out; or, to start afresh, delete that folder and the folder `training` beside it.",
    },
    "checkpoint_without_corpus": {
        "fa": "در {path} نقطهٔ آموزشی مانده ولی متن آمادهٔ آن نیست. --out دیگری بدهید، یا پوشهٔ training را پاک کنید.",
        "en": "{path} holds a checkpoint but not the prepared text it belongs to. Give another --out, or delete the folder `training` there.",
    },
    "stage_read": {
        "fa": "خواندن و پاک‌سازی {source} ({number} از {total})",
        "en": "reading and cleaning {source} ({number} of {total})",
    },
    "stage_duplicates": {"fa": "کنار گذاشتن تکراری‌های {source}", "en": "dropping duplicates in {source}"},
    "stage_tokenizer": {"fa": "ساختن واژگان توکن‌ها", "en": "training the tokenizer"},
    "stage_pack": {"fa": "نوشتن {file}", "en": "packing {file}"},
    "stage_measure": {"fa": "سنجش روی متن کنارگذاشته", "en": "measuring on text left out"},
    # --- training
    "resumed": {
        "fa": "ادامه از گام {step} ({path}).",
        "en": "going on from step {step} ({path}).",
    },
    "processes": {
        "fa": "آموزش در {number} پردازهٔ هم‌زمان.",
        "en": "training in {number} processes.",
    },
    "no_compiler": {
        "fa": "کامپایلر C++ پیدا نشد؛ آموزش بدون torch.compile و کندتر پیش می‌رود.",
        "en": "no C++ compiler found; training goes on without torch.compile, slower.",
    },
    "no_muon": {
        "fa": 'torch {version} بهینه‌ساز Muon را ندارد. torch 2.9 یا تازه‌تر نصب کنید، یا در دستور ساخت optimizer = "adamw" بنویسید.',
        "en": 'torch {version} has no Muon optimizer. Install torch 2.9 or newer, or write optimizer = "adamw" in the recipe.',
    },
    "diverged": {
        "fa": "آموزش در گام {step} از هم پاشید (زیان یا گرادیان عدد نیست). آخرین نقطهٔ سالم در {path} مانده است؛ learning_rate را کمتر کنید و همان فرمان را دوباره بزنید.",
        "en": "training broke down at step {step} (loss or gradient is not a number). The last good checkpoint is in {path}; lower learning_rate and run the same command again.",
    },
    "diverged_early": {
        "fa": "آموزش در گام {step} از هم پاشید (زیان یا گرادیان عدد نیست)، پیش از نخستین نقطهٔ ذخیره. learning_rate را کمتر کنید و دوباره آغاز کنید.",
        "en": "training broke down at step {step} (loss or gradient is not a number), before the first checkpoint. Lower learning_rate and start again.",
    },
    "tuning_diverged": {
        "fa": "تنظیم گفت‌وگو در گام {step} از هم پاشید (زیان یا گرادیان عدد نیست). چیزی نوشته نشد؛ tuning.learning_rate را کمتر کنید و با --stage tune دوباره بزنید.",
        "en": "chat tuning broke down at step {step} (loss or gradient is not a number). Nothing was written; lower tuning.learning_rate and run again with --stage tune.",
    },
    "stopped": {
        "fa": "آموزش در گام {step} ایستاد. همان فرمان را دوباره بزنید تا از همین‌جا ادامه یابد ({path}).",
        "en": "stopped at step {step}. Run the same command again to go on from there ({path}).",
    },
    "stopped_tuning": {
        "fa": "تنظیم گفت‌وگو نیمه‌کاره ایستاد و چیزی نوشته نشد. همان فرمان را دوباره بزنید؛ آموزش اصلی سر جایش است.",
        "en": "chat tuning was stopped and nothing was written. Run the same command again; the training before it is kept.",
    },
    "no_checkpoint": {
        "fa": "هنوز مدلی آموزش ندیده است ({path} نیست). نخست همین فرمان را با --stage train بزنید.",
        "en": "nothing has been trained yet ({path} is not there). Run the same command with --stage train first.",
    },
    "bad_checkpoint": {
        "fa": "{path} خراب است و خوانده نشد. آن را پاک کنید؛ آموزش از آغاز شروع می‌شود.",
        "en": "{path} is damaged and cannot be read. Delete it; training then starts from the beginning.",
    },
    "other_model": {
        "fa": "{path} از مدلی با شکل یا بهینه‌ساز دیگری است. با همان دستور ساخت ادامه دهید، یا --out دیگری بدهید.",
        "en": "{path} belongs to a model of another shape or optimizer. Go on with the same recipe, or give another --out.",
    },
    "other_schedule": {
        "fa": "آموزش نیمه‌تمام {path} با {field} = {before} آغاز شده و حالا {now} است؛ جای آن در متن به هم می‌خورد. همان مقدار را برگردانید یا --out دیگری بدهید.",
        "en": "the unfinished training in {path} began with {field} = {before}, now it is {now}: it would lose its place in the text. Put the value back, or give another --out.",
    },
    "progress": {
        "fa": "گام {step} از {steps} · زیان {loss} · {rate} توکن در ثانیه · {left} مانده",
        "en": "step {step}/{steps} · loss {loss} · {rate} tokens/s · {left} left",
    },
    # --- flags
    "help_inputs": {
        "fa": "فایل یا پوشهٔ متن، یا hub:شناسهٔ یک مجموعهٔ داده (جاری خوانده می‌شود)",
        "en": "a text file or folder, or hub:ID of a data set (streamed)",
    },
    "help_recipe": {
        "fa": "فایل TOML دستور ساخت: منبع‌ها، شکل مدل، زمان‌بندی",
        "en": "TOML recipe: sources, architecture, schedule, tuning",
    },
    "help_root": {
        "fa": "پوشه‌ای که مسیرهای دستور ساخت از آن شمرده می‌شوند",
        "en": "folder the recipe's paths start from",
    },
    "help_out": {
        "fa": "پوشهٔ نتیجه؛ کار نیمه‌تمام از همان‌جا ادامه می‌یابد",
        "en": "result folder; an unfinished run goes on there",
    },
    "help_stage": {"fa": "فقط یک مرحله", "en": "only one stage"},
    "help_max_steps": {"fa": "شمار گام‌های آموزش", "en": "number of training steps"},
    "help_threads": {"fa": "شمار رشته‌های پردازنده", "en": "CPU threads"},
    "help_no_compile": {"fa": "بدون torch.compile", "en": "without torch.compile"},
}
