"""Sentences about finding, downloading and uploading models."""

CATALOGUE = {
    # --- names
    "unknown_name": {
        "fa": (
            "مدلی به نام «{name}» نمی‌شناسم. نام‌های آماده: {known}؛ یا نشانی یک پوشه، یا شناسه‌ای "
            "از هاب مانند user/model."
        ),
        "en": (
            "there is no model called {name!r}. Known names: {known}; or a folder, or a Hub id such "
            "as user/model."
        ),
    },
    "no_such_folder": {
        "fa": "پوشهٔ «{name}» پیدا نشد. نشانی را درست کنید یا یکی از این نام‌ها را بدهید: {known}.",
        "en": "there is no folder {name!r}. Mend the path, or give one of: {known}.",
    },
    "not_a_model_folder": {
        "fa": (
            "پوشهٔ {path} مدل کاملی ندارد: config.json، توکن‌ساز و وزن‌ها (safetensors یا bin) باید آنجا باشند."
        ),
        "en": (
            "{path} does not hold a whole model: it needs config.json, a tokenizer and weights "
            "(safetensors or bin)."
        ),
    },
    "no_bundled": {
        "fa": (
            "مدل همراه برنامه (mini) در {path} نیست یا کامل نیست. برنامه را دوباره نصب کنید، یا با "
            "--model مدل دیگری بدهید."
        ),
        "en": (
            "the bundled model (mini) is missing or incomplete in {path}. Install again, or give "
            "another with --model."
        ),
    },
    "bad_revision": {
        "fa": "«{revision}» نام شاخه، برچسب یا کامیت نیست.",
        "en": "{revision!r} is not a branch, a tag or a commit.",
    },
    "revision_needs_hub": {
        "fa": "--revision فقط برای مدل‌های هاب معنا دارد، نه برای «{name}».",
        "en": "--revision only works with models on the Hub, not with {name!r}.",
    },
    # --- which model serves
    "mini_serves": {
        "fa": (
            "مدل {name} روی این دستگاه نیست؛ مدل همراه (mini) پاسخ می‌دهد. برای بارگیری: --model "
            "{name} --download"
        ),
        "en": (
            "{name} is not on this machine; the bundled model (mini) answers. To download it: "
            "--model {name} --download"
        ),
    },
    "mini_chosen": {
        "fa": "مدل همراه (mini) پاسخ می‌دهد. هر وقت {name} را خواستید: --model {name}",
        "en": "the bundled model (mini) answers. Should you want {name} later: --model {name}",
    },
    "mini_again": {
        "fa": "مدل {name} نیست؛ mini پاسخ می‌دهد.",
        "en": "No {name}; mini answers.",
    },
    "mini_for_now": {
        "fa": (
            "بارگیری {name} نیمه‌کاره ماند؛ فعلاً مدل همراه (mini) پاسخ می‌دهد. دفعهٔ بعد از همان‌جا ادامه می‌یابد."
        ),
        "en": (
            "the download of {name} was stopped; the bundled model (mini) answers for now. Next time "
            "it goes on from there."
        ),
    },
    "mini_instead": {
        "fa": "مدل {name} آماده نشد، پس مدل همراه (mini) پاسخ می‌دهد. {reason}",
        "en": "{name} could not be had, so the bundled model (mini) answers. {reason}",
    },
    # --- downloading
    "ask_download": {
        "fa": "مدل {repo} روی این دستگاه نیست. {size} مگابایت ({files} فایل) در {path} بارگیری شود؟",
        "en": "{repo} is not on this machine. Download {size} MB ({files} files) into {path}?",
    },
    "downloading": {
        "fa": "بارگیری {repo}: {size} مگابایت ({files} فایل) در {path}",
        "en": "downloading {repo}: {size} MB ({files} files) into {path}",
    },
    "declined": {
        "fa": "مدل {repo} بارگیری نشد.",
        "en": "{repo} was not downloaded.",
    },
    "stopped": {
        "fa": "بارگیری {repo} متوقف شد؛ آنچه رسیده می‌ماند و دفعهٔ بعد از همان‌جا ادامه می‌یابد.",
        "en": (
            "the download of {repo} was stopped; what has come stays, and next time it goes on from there."
        ),
    },
    "needs_flag": {
        "fa": ("مدل {repo} روی این دستگاه نیست و کسی نیست که اجازهٔ بارگیری بدهد. با --download اجازه دهید."),
        "en": (
            "{repo} is not on this machine, and nobody is here to allow the download. Allow it with "
            "--download."
        ),
    },
    "offline_not_here": {
        "fa": (
            "مدل {repo} روی این دستگاه نیست و حالت آفلاین (HF_HUB_OFFLINE) روشن است. یک بار بی آن اجرا کنید."
        ),
        "en": ("{repo} is not on this machine and offline mode is on (HF_HUB_OFFLINE). Run once without it."),
    },
    "no_model_there": {
        "fa": ("مخزن {repo} مدل زبانی قابل بارگیری ندارد: config.json یا وزن‌های safetensors/bin در آن نیست."),
        "en": "{repo} holds no model to load: there is no config.json, or no safetensors/bin weights.",
    },
    "no_space": {
        "fa": (
            "برای بارگیری {need} مگابایت جا لازم است، ولی در {path} تنها {free} مگابایت هست. جا باز "
            "کنید یا HF_HOME را عوض کنید."
        ),
        "en": (
            "the download needs {need} MB, but {path} has {free} MB free. Make room, or point "
            "HF_HOME elsewhere."
        ),
    },
    "disk_full": {
        "fa": "دیسک پر شد ({path}). جا باز کنید و دوباره بکوشید؛ بارگیری از همان‌جا ادامه می‌یابد.",
        "en": ("the disk is full ({path}). Make room and try again; a download goes on from where it was."),
    },
    "unwritable": {
        "fa": "نوشتن در {path} مجاز نیست. دسترسی پوشه را درست کنید یا HF_HOME را عوض کنید.",
        "en": "{path} cannot be written. Mend its permissions, or point HF_HOME elsewhere.",
    },
    "corrupt": {
        "fa": "فایل {file} از {repo} خراب رسید و دور انداخته شد. دوباره بکوشید.",
        "en": "{file} of {repo} arrived damaged and was thrown away. Try again.",
    },
    # --- what the Hub answers
    "gated": {
        "fa": (
            "دسترسی به {repo} آزاد نیست. {endpoint}/{repo} را باز کنید و پروانه را بپذیرید، سپس hf "
            "auth login را اجرا کنید یا HF_TOKEN را بگذارید."
        ),
        "en": (
            "{repo} is gated. Open {endpoint}/{repo} and accept the licence, then run `hf auth "
            "login` or set HF_TOKEN."
        ),
    },
    "download_unauthorized": {
        "fa": (
            "هاب بی توکن درست {repo} را نمی‌دهد (401): یا چنین مخزنی نیست، یا خصوصی است. نام را "
            "ببینید؛ برای مخزن خصوصی hf auth login یا HF_TOKEN."
        ),
        "en": (
            "the Hub does not give {repo} without a valid token (401): it does not exist, or it is "
            "private. Check the name; for a private one run `hf auth login` or set HF_TOKEN."
        ),
    },
    "download_forbidden": {
        "fa": ("توکن شما اجازهٔ خواندن {repo} را ندارد (403).{said} دسترسی را در {endpoint}/{repo} ببینید."),
        "en": "your token may not read {repo} (403).{said} See the access at {endpoint}/{repo}.",
    },
    "download_not_found": {
        "fa": "مخزن {repo} در هاب نیست (404). نام را ببینید: {endpoint}/{repo}",
        "en": "{repo} is not on the Hub (404). Check the name: {endpoint}/{repo}",
    },
    "no_revision": {
        "fa": "مخزن {repo} چنین شاخه، برچسب یا کامیتی ندارد. --revision را درست کنید.",
        "en": "{repo} has no such branch, tag or commit. Mend --revision.",
    },
    "rate_limited": {
        "fa": "هاب درخواست‌ها را محدود کرده است (429). {wait} ثانیه دیگر دوباره بکوشید.",
        "en": "the Hub limits the rate of requests (429). Try again in {wait} seconds.",
    },
    "rate_limited_unknown": {
        "fa": "هاب درخواست‌ها را محدود کرده است (429). چند دقیقهٔ دیگر دوباره بکوشید.",
        "en": "the Hub limits the rate of requests (429). Try again in some minutes.",
    },
    "server_error": {
        "fa": "سرور هاب ({endpoint}) خطا داد ({status}). کار شما اشکالی ندارد؛ کمی بعد دوباره بکوشید.",
        "en": "the Hub's server ({endpoint}) failed ({status}). It is not your doing; try again later.",
    },
    "refused": {
        "fa": "هاب درخواست دربارهٔ {repo} را نپذیرفت ({status}).{said}",
        "en": "the Hub refused the request about {repo} ({status}).{said}",
    },
    "download_timed_out": {
        "fa": "هاب ({endpoint}) به‌موقع پاسخ نداد. اینترنت را ببینید و دوباره بکوشید.",
        "en": "the Hub ({endpoint}) did not answer in time. Check the network and try again.",
    },
    "no_network": {
        "fa": ("به هاب ({endpoint}) نمی‌رسیم: اینترنت قطع است یا نشانی (HF_ENDPOINT) یا پراکسی درست نیست."),
        "en": ("the Hub ({endpoint}) cannot be reached: no network, or HF_ENDPOINT or the proxy is wrong."),
    },
    "offline": {
        "fa": ("حالت آفلاین (HF_HUB_OFFLINE) روشن است، پس از هاب چیزی پرسیده نشد. برای این کار خاموشش کنید."),
        "en": "offline mode (HF_HUB_OFFLINE) is on, so the Hub was not asked. Switch it off for this.",
    },
    "unexpected": {
        "fa": "کار با هاب دربارهٔ {repo} به جایی نرسید: {reason}",
        "en": "the work with the Hub about {repo} failed: {reason}",
    },
    # --- pushing: before
    "bad_repo_id": {
        "fa": (
            "«{repo}» نام مخزن نیست؛ باید مانند user/repo باشد: حروف لاتین، رقم و . _ - ، دست بالا ۹۶ نویسه."
        ),
        "en": (
            "{repo!r} is not a repository: give USER/REPO in Latin letters, digits, . _ and -, at "
            "most 96 characters."
        ),
    },
    "push_remembrance": {
        "fa": "آنچه در شخصیت یادبود آموخته شده هرگز بارگذاری نمی‌شود.",
        "en": "what the remembrance persona has learned is never uploaded.",
    },
    "push_nothing": {
        "fa": (
            "هنوز نسخه‌ای برای بارگذاری نیست ({path}). نخست گفت‌وگو کنید تا یک دور یادگیری انجام شود (/learn)."
        ),
        "en": (
            "there is no version to push yet ({path}). Chat first, until a pass has learned "
            "something (/learn)."
        ),
    },
    "no_token": {
        "fa": (
            "برای بارگذاری باید در هاب وارد شوید: در {endpoint}/settings/tokens توکنی با اجازهٔ "
            "نوشتن بسازید، سپس hf auth login یا HF_TOKEN."
        ),
        "en": (
            "pushing needs a login: make a token with write access at {endpoint}/settings/tokens, "
            "then run `hf auth login` or set HF_TOKEN."
        ),
    },
    "which_profile": {
        "fa": "چند پروفایل هست؛ با --profile یکی را بگویید: {known}",
        "en": "there are several profiles; name one with --profile: {known}",
    },
    "push_file": {
        "fa": "  {name}  {size} مگابایت",
        "en": "  {name}  {size} MB",
    },
    "push_plan": {
        "fa": "نسخهٔ {version} به {target} بارگذاری می‌شود ({visibility})، تنها این فایل‌ها:",
        "en": "version {version} goes to {target} ({visibility}), these files and nothing else:",
    },
    "private": {"fa": "خصوصی", "en": "private"},
    "public": {"fa": "عمومی، همه می‌بینند", "en": "public, anyone can see it"},
    "push_exists": {
        "fa": "مخزن {repo} از پیش هست؛ فایل‌های هم‌نام آن جایگزین می‌شوند.",
        "en": "{repo} exists already; files of the same name are replaced.",
    },
    "push_stays_private": {
        "fa": ("مخزن {repo} خصوصی است و خصوصی می‌ماند؛ دیده‌شدنش را در {endpoint}/{repo}/settings عوض کنید."),
        "en": "{repo} is private and stays so; change that at {endpoint}/{repo}/settings.",
    },
    "ask_push": {
        "fa": "{files} فایل، روی هم {size} مگابایت، به {target} برود؟",
        "en": "Upload {files} files, {size} MB in all, to {target}?",
    },
    "ask_push_public": {
        "fa": (
            "هشدار: مخزن {repo} عمومی است و همه {files} فایل شما ({size} مگابایت) را می‌بینند. با "
            "این حال بارگذاری شود؟"
        ),
        "en": (
            "Careful: {repo} is public, so anyone will see your {files} files ({size} MB). Upload "
            "all the same?"
        ),
    },
    "push_is_public": {
        "fa": (
            "مخزن {repo} عمومی است، ولی شما بارگذاری خصوصی خواسته‌اید؛ چیزی فرستاده نشد. مخزن دیگری "
            "بدهید، یا --public."
        ),
        "en": (
            "{repo} is public, but you asked for a private push; nothing was sent. Give another "
            "repository, or --public."
        ),
    },
    "push_needs_yes": {
        "fa": "کسی نیست که بارگذاری را تأیید کند؛ اگر مطمئنید --yes بدهید. چیزی فرستاده نشد.",
        "en": "nobody is here to confirm the upload; give --yes if you are sure. Nothing was sent.",
    },
    "push_declined": {
        "fa": "بارگذاری نشد؛ چیزی فرستاده نشد.",
        "en": "Not pushed; nothing was sent.",
    },
    "push_stopped": {
        "fa": "بارگذاری متوقف شد. شاید مخزن {repo} ساخته شده باشد، ولی نسخه در آن نیست.",
        "en": (
            "the push was stopped. The repository {repo} may have been made, but the version is not in it."
        ),
    },
    "pushed": {
        "fa": "نسخهٔ {version} بارگذاری شد: {url}",
        "en": "version {version} is on the Hub: {url}",
    },
    # --- pushing: refusals
    "push_unauthorized": {
        "fa": (
            "هاب توکن شما را نپذیرفت (401): نادرست است یا تاریخش گذشته. در "
            "{endpoint}/settings/tokens یکی تازه بسازید، سپس hf auth login."
        ),
        "en": (
            "the Hub did not accept your token (401): it is wrong or expired. Make a new one at "
            "{endpoint}/settings/tokens, then `hf auth login`."
        ),
    },
    "push_forbidden": {
        "fa": (
            "توکن شما اجازهٔ نوشتن در {repo} را ندارد (403).{said} توکنی با اجازهٔ نوشتن بسازید، یا "
            "نام کاربری خودتان را بدهید."
        ),
        "en": (
            "your token may not write to {repo} (403).{said} Make a token with write access, or use "
            "your own user name."
        ),
    },
    "push_not_found": {
        "fa": "هاب {repo} را پیدا نکرد (404): شاید چنین کاربر یا سازمانی نیست.{said}",
        "en": "the Hub did not find {repo} (404): there may be no such user or organisation.{said}",
    },
    "conflict": {
        "fa": "کار دیگری هم‌زمان روی {repo} در جریان است (409).{said} کمی بعد دوباره بکوشید.",
        "en": "something else is working on {repo} at the same time (409).{said} Try again shortly.",
    },
    "moved_on": {
        "fa": "مخزن {repo} در میانهٔ کار عوض شد (412)، پس چیزی رویش نوشته نشد. دوباره بکوشید.",
        "en": "{repo} changed meanwhile (412), so nothing was written over it. Try again.",
    },
    "push_timed_out": {
        "fa": (
            "هاب ({endpoint}) به‌موقع پاسخ نداد؛ {endpoint}/{repo} را ببینید که نسخه رسیده است یا "
            "نه، و دوباره بکوشید."
        ),
        "en": (
            "the Hub ({endpoint}) did not answer in time; see at {endpoint}/{repo} whether it "
            "arrived, and try again."
        ),
    },
    # --- command line
    "help_repo": {"fa": "مقصد، مانند user/repo", "en": "where to, as USER/REPO"},
    "help_profile": {"fa": "پروفایلی که نسخه‌اش بارگذاری می‌شود", "en": "the profile whose version is pushed"},
    "help_public": {
        "fa": "مخزن تازه عمومی باشد (پیش‌فرض: خصوصی)",
        "en": "make a new repository public (default: private)",
    },
    "help_yes": {"fa": "بی پرسش", "en": "do not ask"},
}
