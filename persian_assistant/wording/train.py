"""Sentences of the first training."""

CATALOGUE = {
    "nothing_to_train": {
        "fa": "در این داده هیچ پاسخی نیست که بشود از آن یاد گرفت. هر سطر باید با پاسخ دستیار تمام شود.",
        "en": "these data hold no answer to learn from. Each row must end with an answer of the assistant.",
    },
    "not_finite": {
        "fa": "آموزش در گام {step} از هم پاشید (زیان عدد نبود). نقطهٔ ذخیرهٔ پیش از آن در {path} مانده است؛ با --learning-rate کمتر و --restart از نو شروع کنید.",
        "en": "training broke down at step {step} (the loss was not a number). The checkpoint from before is still in {path}; start again with a lower --learning-rate and --restart.",
    },
    "no_memory": {
        "fa": "حافظه برای آموزش کافی نبود. آنچه تا اینجا ذخیره شده در {path} مانده است. برنامه‌های دیگر را ببندید و همین فرمان را دوباره بزنید، یا با --restart و --batch-size یا --max-length کوچک‌تر از نو شروع کنید.",
        "en": "not enough memory for training. What was saved so far is still in {path}. Close other programs and run the same command again, or start anew with --restart and a smaller --batch-size or --max-length.",
    },
    "not_saved": {
        "fa": "نقطهٔ ذخیره در {path} نوشته نشد ({reason}). جای خالی و سلامت دیسک را بررسی کنید و همین فرمان را دوباره بزنید؛ نقطهٔ ذخیرهٔ پیشین سر جایش است.",
        "en": "a checkpoint could not be written to {path} ({reason}). Check the space on the disk and run the same command again; the checkpoint before it is still there.",
    },
    "stopped": {
        "fa": "آموزش پس از گام {step} متوقف شد و در {path} ذخیره است. همین فرمان از همان‌جا ادامه می‌دهد.",
        "en": "training was stopped after step {step} and is saved in {path}. The same command goes on from there.",
    },
    "resumed": {
        "fa": "آموزش از گام {step} ادامه می‌یابد ({path}).",
        "en": "training goes on from step {step} ({path}).",
    },
    "other_run": {
        "fa": "در {path} آموزشی نیمه‌کاره با داده یا تنظیم‌های دیگری هست. همان فرمان پیشین را بزنید تا ادامه یابد، یا با --restart آن را کنار بگذارید و از نو شروع کنید.",
        "en": "{path} holds an unfinished training with other data or settings. Repeat its command to go on with it, or give --restart to drop it and start anew.",
    },
    "bad_checkpoint": {
        "fa": "نقطهٔ ذخیرهٔ {path} خراب است یا از مدل دیگری است. با --restart از نو شروع کنید.",
        "en": "the checkpoint {path} is damaged or of another model. Start anew with --restart.",
    },
    "stopped_measuring": {
        "fa": "پیش از پایان سنجش متوقف شد. اگر آموزشی در {path} بوده سر جایش است؛ همین فرمان ادامه می‌دهد.",
        "en": "stopped while measuring. A training in {path} is still there; the same command goes on.",
    },
    "no_gain": {
        "fa": "زیان روی سطرهای کنارگذاشته کمتر نشد (پیش {before}، پس {after})؛ برای همین نسخه‌ای منتشر نشد. دادهٔ بیشتر بدهید یا --learning-rate را عوض کنید و با --restart از نو شروع کنید.",
        "en": "held-out loss did not fall ({before} before, {after} after), so no version was published. Give more data or another --learning-rate, with --restart.",
    },
    "has_versions": {
        "fa": "پروفایل «{profile}» از پیش نسخه دارد ({count} تا). با --profile نام تازه‌ای بدهید، یا با --continue از نسخهٔ کنونی‌اش ادامه دهید.",
        "en": "the profile {profile!r} has versions already ({count}). Give a new name with --profile, or go on from its current version with --continue.",
    },
    "nothing_to_continue": {
        "fa": "پروفایل «{profile}» هنوز نسخه‌ای ندارد که از آن ادامه یابد. --continue را بردارید.",
        "en": "the profile {profile!r} has no version to go on from yet. Leave out --continue.",
    },
    # --- what is told on the way
    "read": {"fa": "{source}: {count} گفت‌وگو", "en": "{source}: {count} conversations"},
    "rows": {
        "fa": "پروفایل «{profile}»: {rows} سطر برای آموزش، {heldout_rows} سطر کنار برای سنجش، {tokens} توکن در هر دور",
        "en": "profile {profile!r}: {rows} rows to train on, {heldout_rows} left out to measure, {tokens} tokens an epoch",
    },
    "rows_duplicates": {
        "fa": "{count} سطر تکراری کنار گذاشته شد",
        "en": "{count} duplicate rows were left out",
    },
    "rows_measured": {
        "fa": "{count} سطر دیگر خوانده نشد، چون از پرسش‌هایی است که خود برنامه مدل‌ها را با آن‌ها می‌سنجد",
        "en": "{count} more rows were left out: they are among those that the program measures models on",
    },
    "rows_without_answer": {
        "fa": "{count} سطر کنار گذاشته شد، چون در --max-length پاسخی از آن‌ها نمی‌ماند",
        "en": "{count} rows were left out because no answer of theirs is within --max-length",
    },
    "rows_cut": {
        "fa": "{count} سطر از --max-length بلندتر بود و کوتاه شد",
        "en": "{count} rows were longer than --max-length and were cut",
    },
    "phase_measure_base": {"fa": "سنجش مدل پیش از آموزش", "en": "measuring the model before training"},
    "phase_measure": {"fa": "سنجش آنچه آموخته شد", "en": "measuring what was learned"},
    "phase_publish": {"fa": "نوشتن نسخه", "en": "writing the version"},
    "progress": {
        "fa": "گام {step} از {steps} · زیان {loss} · کنارگذاشته {heldout} · {rate} توکن در ثانیه · {left} مانده · {memory} مگابایت",
        "en": "step {step}/{steps} · loss {loss} · held-out {heldout} · {rate} tokens/s · {left} left · {memory} MB",
    },
    "heldout": {
        "fa": "زیان روی سطرهای کنارگذاشته: {before} ← {after} (گام {step})",
        "en": "held-out loss: {before} → {after} (step {step})",
    },
    "stopped_early": {
        "fa": "در گام {step} زودتر پایان یافت، چون زیان کنارگذاشته دیگر کمتر نمی‌شد؛ بهترین وزن‌ها ماند.",
        "en": "ended early at step {step}: held-out loss fell no further; the best weights are kept.",
    },
    "general": {
        "fa": "سرگشتگی روی متن عمومی: {before} ← {after} ({ratio} برابر)",
        "en": "perplexity on general text: {before} → {after} (×{ratio})",
    },
    "done": {
        "fa": "نسخهٔ {number} پروفایل «{profile}» منتشر شد: {steps} گام در {minutes}، {rate} توکن در ثانیه، بیشینهٔ حافظه {memory} مگابایت.",
        "en": "version {number} of the profile {profile!r} is published: {steps} steps in {minutes}, {rate} tokens/s, {memory} MB of memory at most.",
    },
    "chat": {"fa": "گپ با آن: {command}", "en": "chat with it: {command}"},
    # --- flags
    "flag_data": {
        "fa": "فایل گفت‌وگوها (jsonl، json، csv، tsv، parquet) یا hub:شناسه؛ بی آن، نمونه‌های خود شخصیت",
        "en": "a file of conversations (jsonl, json, csv, tsv, parquet) or hub:ID; without any, the persona's own examples",
    },
    "flag_columns": {
        "fa": "نام ستون‌ها، مانند instruction=q,response=a",
        "en": "names of the columns, e.g. instruction=q,response=a",
    },
    "flag_split": {"fa": "بخش مجموعهٔ دادهٔ هاب", "en": "split of a Hub data set"},
    "flag_limit": {
        "fa": "بیشترین شمار گفت‌وگو از هر منبع؛ ۰ همه",
        "en": "conversations of each source at most; 0: all",
    },
    "flag_model": {"fa": "نام مدل، شناسهٔ هاب یا پوشه", "en": "model name, Hub id or folder"},
    "flag_revision": {"fa": "شاخه، برچسب یا کامیت مدل هاب", "en": "branch, tag or commit of a Hub model"},
    "flag_download": {"fa": "اجازهٔ بارگیری مدل از هاب", "en": "allow a download of the model from the Hub"},
    "flag_quantization": {
        "fa": "nf4 (QLoRA، چهار بیت) یا none (LoRA)",
        "en": "nf4 (QLoRA, 4 bits) or none (LoRA)",
    },
    "flag_persona": {"fa": "نام شخصیت یا مسیر فایل آن", "en": "name or file of a persona"},
    "flag_profile": {
        "fa": "نام پروفایل؛ پیش‌فرض از شخصیت و مدل",
        "en": "name of the profile; by default of persona and model",
    },
    "flag_learning_rate": {"fa": "نرخ یادگیری", "en": "peak learning rate"},
    "flag_batch_size": {
        "fa": "شمار سطرهای هر گام، در همهٔ پردازه‌ها با هم",
        "en": "rows per step, over all processes together",
    },
    "flag_epochs": {"fa": "هر سطر حداکثر چند بار دیده شود", "en": "times each row is seen, at most"},
    "flag_lora_r": {
        "fa": "رتبهٔ آداپتور روی همهٔ لایه‌های خطی",
        "en": "rank of the adapter on all linear layers",
    },
    "flag_optim": {
        "fa": "بهینه‌ساز، به نام‌های transformers؛ پیش‌فرض paged_adamw_8bit؛ auto روی CPU adamw_torch می‌گیرد که آنجا کمی تندتر است",
        "en": "optimizer, as transformers names them; paged_adamw_8bit if not given; auto takes adamw_torch on a CPU, a little faster there",
    },
    "flag_max_length": {"fa": "بیشترین شمار توکن یک سطر", "en": "tokens of a row, at most"},
    "flag_heldout_share": {
        "fa": "سهم سطرهایی که آموزش نمی‌بینند و می‌گویند کی بس است؛ ۰ هیچ",
        "en": "share of the rows that never train and say when to stop; 0: none",
    },
    "flag_patience": {
        "fa": "پس از چند سنجش بی‌بهبود بایستد؛ ۰ هرگز زودتر نمی‌ایستد",
        "en": "evaluations without gain after which it stops; 0: it never stops early",
    },
    "flag_random_seed": {"fa": "عدد آغاز تصادف", "en": "random seed"},
    "flag_continue": {
        "fa": "از نسخهٔ کنونی پروفایل ادامه می‌دهد",
        "en": "go on from the profile's current version",
    },
    "flag_restart": {
        "fa": "آموزش نیمه‌کارهٔ این پروفایل را کنار می‌گذارد و از نو شروع می‌کند",
        "en": "drop an unfinished training of this profile and start anew",
    },
    "flag_out": {"fa": "رونوشت آداپتور در این پوشهٔ تازه", "en": "copy the adapter into this new folder"},
}
