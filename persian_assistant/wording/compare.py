"""Sentences about comparing techniques, and about the folders they leave."""

CATALOGUE = {
    "help": {
        "fa": "یک مدل با روش‌های گوناگون و بودجهٔ یکسان آموزش می‌بیند و نتیجه‌ها سنجیده می‌شوند",
        "en": "train one model by different techniques with the same budget, and measure each result",
    },
    "help_model": {
        "fa": "نام یا پوشهٔ مدل؛ این‌ها مدل تصادفی می‌سازند: {shapes}",
        "en": "name or folder of a model; these build random ones: {shapes}",
    },
    "help_technique": {
        "fa": "یک یا چند روش، با ویرگول لاتین از هم جدا: {names}؛ پیش‌فرض all یعنی همه",
        "en": "one or several techniques, with commas between them: {names}; all of them if not given",
    },
    "help_budget": {
        "fa": "آموزش هر روش: ثانیه، گام یا توکن",
        "en": "training of each technique: seconds, steps or tokens",
    },
    "help_data": {
        "fa": "فایل گفت‌وگوها یا پرسش و پاسخ‌های خودتان، یا hub:owner/name؛ یک‌دهم آن آموزش نمی‌بیند. پیش‌فرض: نمونه‌های همراه برنامه",
        "en": "a file of your own chats or question/answer pairs, or hub:owner/name; a tenth is held out. Default: the shipped examples",
    },
    "help_columns": {
        "fa": "نام ستون‌های داده، مثل instruction=q,response=a",
        "en": "how the data calls its columns, like instruction=q,response=a",
    },
    "help_rows": {
        "fa": "بیشترین شمار گفت‌وگوهایی که آموزش داده می‌شود؛ نمونه‌ای ثابت",
        "en": "conversations trained on, at most; a fixed sample",
    },
    "help_rate": {
        "fa": "نرخ یادگیری یک یا چند روش، مثل lora=1e-3,full=1e-4؛ بقیه پیش‌فرض خود را دارند",
        "en": "learning rates of some techniques, like lora=1e-3,full=1e-4; the others keep their own",
    },
    "help_batch": {"fa": "سطرهای هر گام", "en": "rows of each step"},
    "help_out": {
        "fa": "پوشهٔ نتیجه‌ها؛ پیش‌فرض: پوشه‌ای جدا برای هر سنجش، در خانهٔ برنامه",
        "en": "folder of the results; by default each comparison has its own in the program's home",
    },
    "help_plot": {
        "fa": "نمودار سرگشتگی و فراموشی هر روش، در این فایل SVG",
        "en": "write a chart of each technique's perplexity and forgetting to this SVG file",
    },
    "flag_adapter": {
        "fa": "به جای نسخهٔ پروفایل، این پوشهٔ آموخته پاسخ بدهد (ساختهٔ compare techniques یا آداپتور PEFT)؛ یادگیری خاموش می‌شود",
        "en": "answer from this trained folder (of compare techniques, or a PEFT adapter) in place of the profile's version; learning is off",
    },
    "no_folder": {
        "fa": "پوشهٔ {path} نیست. پوشه‌ای بدهید که compare techniques ساخته است، یا پوشهٔ یک آداپتور PEFT.",
        "en": "there is no folder {path}. Give one that compare techniques made, or a PEFT adapter's.",
    },
    "nothing_trained": {
        "fa": "در {path} چیز آموخته‌ای نیست: نه {record} دارد و نه adapter_config.json.",
        "en": "nothing trained is in {path}: it has neither {record} nor adapter_config.json.",
    },
    "unknown_technique": {
        "fa": "روشی به نام «{name}» نیست. روش‌ها: {known}.",
        "en": "there is no technique called {name!r}. Known: {known}.",
    },
    "serves_folder": {
        "fa": "{path} پاسخ می‌دهد (روش: {technique})؛ یادگیری در این گپ خاموش است.",
        "en": "{path} answers (technique: {technique}); learning is off in this chat.",
    },
    "folder_serves": {
        "fa": "این گپ از {path} پاسخ می‌دهد؛ یادگیری و نسخه‌ها در آن نیستند. برای آن‌ها گپ را بی --adapter آغاز کنید.",
        "en": "this chat answers from {path}, without learning or versions. For those start it without --adapter.",
    },
    "no_room": {
        "fa": "روش {technique} کنار گذاشته شد: حدود {needed} مبی‌بایت حافظه می‌خواهد و {free} مبی‌بایت آزاد است. برنامه‌های دیگر را ببندید یا مدل کوچک‌تری بدهید.",
        "en": "{technique} was left out: it wants about {needed} MiB of memory and {free} MiB are free. Close other programs or give a smaller model.",
    },
    "too_little": {
        "fa": "در {path} گفت‌وگو کم است: دست‌کم یکی برای آموزش و یکی برای سنجش لازم است.",
        "en": "there is too little in {path}: at least one conversation to train on and one to measure with are needed.",
    },
    "other_record": {
        "fa": "{path} از سنجش دیگری است (فرق در: {what}). برای این سنجش پوشهٔ دیگری به --out بدهید.",
        "en": "{path} is of another comparison (differs in: {what}). Give --out another folder for this one.",
    },
    "doing": {"fa": "{technique} · تصادف {seed}", "en": "{technique} · random seed {seed}"},
    "phase_load": {"fa": "بار کردن مدل", "en": "loading the model"},
    "phase_measure": {"fa": "سنجش", "en": "measuring"},
    "training": {"fa": "آموزش {technique} ({unit})", "en": "training {technique} ({unit})"},
    "unit_s": {"fa": "ثانیه", "en": "seconds"},
    "unit_steps": {"fa": "گام", "en": "steps"},
    "unit_tokens": {"fa": "توکن", "en": "tokens"},
    "own_examples": {
        "fa": "نمونه‌های همراه شخصیت {persona}",
        "en": "examples of the persona {persona}",
    },
    "about": {
        "fa": "{model} · بودجهٔ هر روش {budget} · {train} گفت‌وگو برای آموزش، {heldout} برای سنجش ({file})",
        "en": "{model} · budget of each {budget} · {train} conversations to train on, {heldout} held out ({file})",
    },
    "column_base": {"fa": "پایه ({quantization})", "en": "base ({quantization})"},
    "row_heldout_loss": {"fa": "زیان کنارگذاشته‌ها (نات/توکن)", "en": "held-out loss (nats/token)"},
    "row_perplexity": {"fa": "سرگشتگی کنارگذاشته‌ها", "en": "held-out perplexity"},
    "row_chrf": {"fa": "chrF پاسخ‌ها", "en": "chrF of answers"},
    "row_general_perplexity": {"fa": "سرگشتگی متن عمومی", "en": "perplexity of general text"},
    "row_general_ratio": {"fa": "همان، در برابر پایه", "en": "the same, against the base"},
    "row_seconds": {"fa": "ثانیهٔ آموزش", "en": "seconds of training"},
    "row_tokens": {"fa": "توکن آموزش", "en": "tokens trained"},
    "row_tokens_per_second": {"fa": "توکن در ثانیه", "en": "tokens per second"},
    "row_data_share": {"fa": "سهم داده‌ای که دیده شد", "en": "share of the data seen"},
    "row_epochs": {"fa": "دور بر داده", "en": "times over the data"},
    "row_peak_memory_mb": {"fa": "بیشینهٔ حافظه (مبی‌بایت)", "en": "peak memory (MiB)"},
    "row_trainable_parameters": {"fa": "پارامتر آموزشی", "en": "trained parameters"},
    "row_size_bytes": {"fa": "روی دیسک (مبی‌بایت)", "en": "on disk (MiB)"},
    "asked": {"fa": "پرسش: {text}", "en": "question: {text}"},
    "reference": {"fa": "مرجع", "en": "reference"},
    "where": {
        "fa": "نتیجه‌ها در {path} است؛ گپ با یکی: persian-assistant chat --adapter {example}",
        "en": "the results lie in {path}; a chat with one: persian-assistant chat --adapter {example}",
    },
}
