"""Sentences of evaluating a model."""

CATALOGUE = {
    # --- flags
    "flag_model": {
        "fa": "مدل: mini، gpt2-fa، شناسهٔ هاب یا پوشه",
        "en": "model: mini, gpt2-fa, a Hub id or a folder",
    },
    "flag_revision": {
        "fa": "شاخه، برچسب یا کامیت مدل در هاب",
        "en": "branch, tag or commit of a Hub model",
    },
    "flag_download": {
        "fa": "اگر مدل اینجا نیست، بی‌پرسش دریافت شود",
        "en": "download the model without asking",
    },
    "flag_quantization": {"fa": "۴ بیتی یا همان‌طور که هست", "en": "4 bits or as they are"},
    "flag_persona": {
        "fa": "شخصیتی که پیام سامانه‌اش پیش از هر پرسش می‌آید",
        "en": "persona whose system message stands before each question",
    },
    "flag_profile": {
        "fa": "پروفایلی که نسخه‌هایش سنجیده می‌شود",
        "en": "profile whose versions are evaluated",
    },
    "flag_version": {
        "fa": "شمارهٔ نسخه، current (نسخهٔ کنونی) یا base (مدل پایه)",
        "en": "number of a version, current, or base",
    },
    "flag_adapter": {
        "fa": "پوشهٔ یک آداپتور یا نتیجهٔ دیگری از آموزش",
        "en": "folder of an adapter, or of what another technique trained",
    },
    "flag_against": {
        "fa": "با چه سنجیده شود: base یا شمارهٔ نسخه‌ای دیگر",
        "en": "compare with base, or with the version of this number",
    },
    "flag_text": {
        "fa": "متن برای سرگشتگی: فایل، پوشه یا hub:شناسه",
        "en": "text for the perplexity: files, folders or hub:ID",
    },
    "flag_choices": {
        "fa": "پرسش‌های چندگزینه‌ای: شکل خودمان، پارسی‌ان‌ال‌یو یا خیام",
        "en": "multiple choice: our own form, ParsiNLU's or Khayyam's",
    },
    "flag_qa": {
        "fa": "درک متن به شکل SQuAD",
        "en": "questions about passages, in SQuAD's form",
    },
    "flag_instructions": {
        "fa": "جفت‌های پرسش و پاسخ یا گفت‌وگو",
        "en": "instruction pairs or conversations",
    },
    "flag_columns": {
        "fa": "نام ستون‌های --instructions، مانند instruction=q,response=a",
        "en": "column names of --instructions, as in instruction=q,response=a",
    },
    "flag_split": {"fa": "بخشی از مجموعهٔ هاب", "en": "split of a Hub data set"},
    "flag_limit": {
        "fa": "از هر مجموعه حداکثر این شمار؛ ۰ یعنی همه",
        "en": "so many items of each set at most; 0: all",
    },
    "flag_random_seed": {"fa": "عدد آغاز تصادف برای بازه‌ها", "en": "random seed of the intervals"},
    "flag_json": {"fa": "نتیجه در این فایل هم نوشته شود", "en": "write the result to this file, too"},
    # --- errors
    "adapter_or_version": {
        "fa": "یا --adapter بدهید یا --version؛ هر دو با هم نمی‌شود.",
        "en": "give --adapter or --version, not both.",
    },
    "no_profile": {
        "fa": "هنوز پروفایلی در {path} نیست. نخست گپ بزنید تا نسخه‌ای ساخته شود، یا با --adapter پوشه‌ای بدهید.",
        "en": "there is no profile in {path} yet. Chat first, so that a version is made, or name a folder with --adapter.",
    },
    "no_version": {
        "fa": "پروفایل «{name}» نسخه‌ای ندارد و مدل پایه پاسخ می‌دهد. برای سنجیدن آن --version base بدهید.",
        "en": "the profile {name!r} has no version; the base model serves. Give --version base to evaluate that.",
    },
    "same": {
        "fa": "چیزی برای مقایسه نیست: هر دو {label} است. با --version یا --adapter یکی را عوض کنید.",
        "en": "nothing to compare: both are {label}. Name another with --version or --adapter.",
    },
    "no_folder": {
        "fa": "پوشهٔ {path} نیست؛ نتیجه جایی برای نوشتن ندارد. پوشه را بسازید یا مسیر دیگری به --json بدهید.",
        "en": "the folder of {path} is not there, so the result could not be written. Make it, or give --json another path.",
    },
    "columns_of_what": {
        "fa": "--columns نام ستون‌های --instructions است؛ آن را هم بدهید.",
        "en": "--columns names the columns of --instructions; give that, too.",
    },
    "stopped": {
        "fa": "متوقف شد؛ از این مدل {count} مجموعه سنجیده شده بود و همان نشان داده شد.",
        "en": "stopped; {count} sets of this model had been measured and are shown.",
    },
    # --- why a row is left out
    "no_choices": {
        "fa": "گزینه‌ای ندارد (choices، candidates یا Choice 1)؛ ستون‌ها: {columns}",
        "en": "no choices (choices, candidates or Choice 1); columns: {columns}",
    },
    "few_choices": {
        "fa": "دست‌کم دو گزینهٔ متفاوت لازم است",
        "en": "at least two different choices are needed",
    },
    "no_right_choice": {
        "fa": "پاسخ «{answer}» هیچ‌یک از گزینه‌ها نیست",
        "en": "the answer {answer} is none of the choices",
    },
    "no_passage": {
        "fa": "به شکل SQuAD نیست ({reason})",
        "en": "not in SQuAD's form ({reason})",
    },
    # --- the table
    "base": {"fa": "{name} (پایه)", "en": "{name} (base)"},
    "version": {"fa": "نسخهٔ {number}", "en": "version {number}"},
    "column_figure": {"fa": "سنجه", "en": "figure"},
    "column_difference": {"fa": "تفاوت", "en": "difference"},
    "set_text": {"fa": "متن", "en": "text"},
    "set_choices": {"fa": "چندگزینه‌ای", "en": "multiple choice"},
    "set_qa": {"fa": "درک متن", "en": "questions about passages"},
    "set_instructions": {"fa": "پرسش و پاسخ", "en": "instructions"},
    "figure_perplexity": {"fa": "سرگشتگی هر توکن ↓", "en": "perplexity per token ↓"},
    "figure_bits_per_character": {"fa": "بیت بر نویسه ↓", "en": "bits per character ↓"},
    "figure_accuracy": {"fa": "درست ↑", "en": "accuracy ↑"},
    "figure_accuracy_by_length": {"fa": "درست، نسبت به درازا ↑", "en": "accuracy, length-normalised ↑"},
    "figure_accuracy_chance": {"fa": "درست، با حدس تصادفی", "en": "accuracy of guessing"},
    "figure_exact_match": {"fa": "عین پاسخ (EM) ↑", "en": "exact match ↑"},
    "figure_f1": {"fa": "F1 واژه‌ها ↑", "en": "F1 ↑"},
    "figure_contains_answer": {"fa": "پاسخ درست در آن هست ↑", "en": "holds a right answer ↑"},
    "figure_chrf": {"fa": "chrF، میانگین پاسخ‌ها ↑", "en": "chrF, mean over answers ↑"},
    "figure_corpus_chrf": {"fa": "chrF، همه با هم ↑", "en": "chrF, corpus ↑"},
    "figure_answer_perplexity": {"fa": "سرگشتگی پاسخ مرجع ↓", "en": "perplexity of the references ↓"},
    "figure_rep_4": {"fa": "تکرار (rep-4) ↓", "en": "repetition (rep-4) ↓"},
    "figure_distinct_2": {"fa": "گوناگونی (distinct-2) ↑", "en": "diversity (distinct-2) ↑"},
    "figure_stop_rate": {"fa": "خودش تمام می‌کند ↑", "en": "stops by itself ↑"},
    "figure_words": {"fa": "واژه در هر پاسخ", "en": "words an answer"},
    "better": {"fa": "بهتر", "en": "better"},
    "worse": {"fa": "بدتر", "en": "worse"},
    "unsure": {"fa": "نامعلوم", "en": "unsure"},
    "footnote": {
        "fa": "در کمانک: بازهٔ ۹۵٪ (بوت‌استرپ، ۱۰۰۰ بار). ↑ بیشتر بهتر است و ↓ کمتر؛ «نامعلوم» یعنی بازهٔ تفاوت صفر را در بر دارد.",
        "en": "In brackets: the 95% interval (bootstrap, 1000 resamples). ↑ higher is better, ↓ lower; “unsure”: the interval of the difference holds zero.",
    },
}
