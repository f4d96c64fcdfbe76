"""Sentences of self-training."""

CATALOGUE = {
    # --- flags
    "flag_model": {"fa": "نام یا پوشهٔ مدل؛ مانند chat", "en": "name or folder of the model, as for chat"},
    "flag_download": {
        "fa": "اجازهٔ دانلود مدلی که روی دستگاه نیست",
        "en": "allow the download of a model that is not on this machine",
    },
    "flag_quantization": {"fa": "۴ بیتی یا همان‌طور که هست", "en": "4 bits or as it is"},
    "flag_persona": {"fa": "نام شخصیت یا مسیر فایل آن", "en": "name of a persona, or the path of its file"},
    "flag_profile": {
        "fa": "نام پروفایل؛ پیش‌فرض از شخصیت و مدل",
        "en": "profile; by default of persona and model",
    },
    "flag_samples": {
        "fa": "پاسخ‌هایی که در هر چرخه ساخته می‌شود (۱۰۰)",
        "en": "answers drawn in a cycle (100)",
    },
    "flag_epochs": {"fa": "بار دیدن هر ردیف در هر چرخه (۲)", "en": "times each row is seen in a cycle (2)"},
    "flag_interval": {
        "fa": "فاصلهٔ دو چرخه، مانند 30s یا 5m یا 1h (5m)",
        "en": "pause between two cycles, such as 30s, 5m, 1h (5m)",
    },
    "flag_cap": {
        "fa": "بیشترین شمار نمونه‌های ساختهٔ مدل (۱۰۰۰۰)؛ نوشته‌های آدم‌ها در شمار نمی‌آید و پاک نمی‌شود",
        "en": "most samples kept (10000); what people wrote is neither counted nor dropped",
    },
    "flag_cycles": {
        "fa": "پس از این شمار چرخه تمام شود؛ بی آن ادامه می‌دهد تا متوقف شود",
        "en": "end after so many cycles; without it go on until stopped",
    },
    "flag_depth": {
        "fa": "نمونه‌ها دست‌بالا چند بار روی نمونه‌های پیشین ساخته شوند (۱: فقط از مدلی که با نمونه آموزش ندیده)",
        "en": "how many times over samples may stand on samples (1: only from a model trained on none)",
    },
    "flag_temperature": {"fa": "پراکندگی نمونه‌ها (۰٫۹)", "en": "temperature of the samples (0.9)"},
    "flag_top_p": {"fa": "سهم هستهٔ انتخاب (۰٫۹۵)", "en": "nucleus of the samples (0.95)"},
    "flag_most_tokens": {
        "fa": "بیشترین توکنی که یک چرخه آموزش می‌دهد؛ بی آن به اندازهٔ مدل",
        "en": "tokens trained in a cycle, at most; without it by the model's size",
    },
    "flag_wake": {"fa": "اگر خوابیده است بیدار شود", "en": "wake it where it sleeps"},
    "flag_status": {"fa": "فقط وضعیت را نشان بدهد", "en": "only show where it stands"},
    # --- refusals
    "simulation": {
        "fa": "شخصیت «{name}» شبیه‌سازی یک آدم است و خودآموزی ندارد؛ شخصیت دیگری بدهید.",
        "en": "the persona {name!r} simulates a person and is never self-trained; give another persona.",
    },
    "running_already": {
        "fa": "خودآموزی پروفایل «{name}» همین حالا در برنامهٔ دیگری در جریان است. وضعیتش را با --status ببینید یا اول آن را ببندید.",
        "en": "self-training of the profile {name!r} already runs in another program. Look at it with --status, or stop that one first.",
    },
    "cancelled": {
        "fa": "خودآموزی متوقف شد؛ چیزی گم نشد و بار دیگر از همین‌جا ادامه می‌دهد.",
        "en": "Self-training was stopped; nothing is lost, and the next start goes on from here.",
    },
    # --- what happens
    "started": {
        "fa": "خودآموزی پروفایل «{name}» با مدل {model} آغاز شد. برای توقف Ctrl-C بزنید.",
        "en": "Self-training of the profile {name!r} with the model {model} has begun. Ctrl-C stops it.",
    },
    "begun": {
        "fa": "چرخهٔ {cycle} آغاز شد ({samples} نمونه در انبار).",
        "en": "Cycle {cycle} begins ({samples} samples in store).",
    },
    "resumed": {
        "fa": "چرخهٔ {cycle} که نیمه‌کاره مانده بود ادامه می‌یابد ({samples} نمونه در انبار).",
        "en": "Cycle {cycle}, which was cut off, goes on ({samples} samples in store).",
    },
    "generated": {
        "fa": "چرخهٔ {cycle}: از {generated} پاسخ {kept} نمونه ماند{dropped}.",
        "en": "Cycle {cycle}: {kept} of {generated} answers are kept{dropped}.",
    },
    "dropped": {"fa": "؛ کنار گذاشته‌ها: {reasons}", "en": "; dropped: {reasons}"},
    "reason_unfinished": {"fa": "ناتمام", "en": "unfinished"},
    "reason_letters": {"fa": "حرف‌های غیرفارسی", "en": "letters"},
    "reason_length": {"fa": "کوتاهی یا بلندی", "en": "length"},
    "reason_repetition": {"fa": "تکرار درونی", "en": "repetition"},
    "reason_likelihood": {"fa": "بیرون از بازهٔ نوشتهٔ آدم‌ها", "en": "likelihood outside the human band"},
    "reason_duplicate": {"fa": "تکراری", "en": "duplicate"},
    "reason_near_duplicate": {"fa": "تقریباً تکراری", "en": "near duplicate"},
    "reason_heldout": {"fa": "شبیه متن‌های سنجش", "en": "like a held-out text"},
    "published": {
        "fa": "چرخهٔ {cycle}: نسخهٔ {version} پذیرفته شد (سرگشتگی {ratio} برابر مدل پایه، سهم نمونه‌ها {share})، {seconds} ثانیه.",
        "en": "Cycle {cycle}: version {version} is published (perplexity ×{ratio} of the base, samples' share {share}), {seconds} s.",
    },
    "rejected": {
        "fa": "چرخهٔ {cycle}: نسخهٔ تازه پذیرفته نشد: {reason}",
        "en": "Cycle {cycle}: the new version was not accepted: {reason}",
    },
    "failed": {"fa": "چرخهٔ {cycle} به پایان نرسید: {reason}", "en": "Cycle {cycle} did not finish: {reason}"},
    "locked": {
        "fa": "گپی روی همین پروفایل باز است؛ چرخهٔ بعد پس از بسته شدن آن آغاز می‌شود.",
        "en": "A chat is open on this profile; the next cycle begins once it is closed.",
    },
    "sleep_rejected": {
        "fa": "سه چرخهٔ پشت سر هم پذیرفته نشد؛ خودآموزی می‌خوابد و با گفت‌وگوی تازه، یا با --wake، بیدار می‌شود.",
        "en": "Three cycles in a row were not accepted; self-training sleeps, and wakes with a new talk, or with --wake.",
    },
    "sleep_no_news": {
        "fa": "سه چرخه است که آدمی چیز تازه‌ای ننوشته؛ خودآموزی می‌خوابد و با گفت‌وگوی تازه، یا با --wake، بیدار می‌شود.",
        "en": "For three cycles no person has written anything new; self-training sleeps, and wakes with a new talk, or with --wake.",
    },
    "woken": {
        "fa": "گفت‌وگوی تازه‌ای هست؛ خودآموزی بیدار شد.",
        "en": "There is a new talk; self-training is awake.",
    },
    "warning": {"fa": "هشدار: {text}", "en": "Warning: {text}"},
    "finished": {"fa": "{count} چرخه انجام شد.", "en": "Cycles done: {count}."},
    # --- phases and the status table
    "phase_prepare": {"fa": "آماده‌سازی", "en": "preparing"},
    "phase_generate": {"fa": "ساختن پاسخ", "en": "generating"},
    "phase_train": {"fa": "آموزش", "en": "training"},
    "phase_measure": {"fa": "سنجش", "en": "measuring"},
    "phase_publish": {"fa": "انتشار", "en": "publishing"},
    "phase_waiting": {"fa": "در انتظار چرخهٔ بعد", "en": "waiting for the next cycle"},
    "phase_locked": {"fa": "در انتظار پایان گپ", "en": "waiting for a chat to end"},
    "phase_sleeping": {"fa": "خواب", "en": "asleep"},
    "phase_stopped": {"fa": "متوقف", "en": "stopped"},
    "no_status": {
        "fa": "پروفایل «{name}» هنوز خودآموزی نداشته است. بی --status اجرا کنید تا آغاز شود.",
        "en": "the profile {name!r} has not been self-trained yet. Run without --status to begin.",
    },
    "status_profile": {"fa": "پروفایل", "en": "profile"},
    "status_phase": {"fa": "مرحله", "en": "phase"},
    "status_cycle": {"fa": "چرخه", "en": "cycle"},
    "status_samples": {"fa": "نمونه در انبار", "en": "samples in store"},
    "status_this_cycle": {"fa": "این چرخه", "en": "this cycle"},
    "status_all_cycles": {"fa": "همهٔ چرخه‌ها", "en": "all cycles"},
    "status_counts": {
        "fa": "{kept} از {generated} پاسخ ماند{dropped}",
        "en": "{kept} of {generated} answers kept{dropped}",
    },
    "status_verdicts": {"fa": "رأی‌ها", "en": "verdicts"},
    "status_verdict_counts": {
        "fa": "{published} پذیرفته، {rejected} رد، {failed} ناتمام",
        "en": "{published} published, {rejected} rejected, {failed} failed",
    },
    "status_last": {"fa": "آخرین چرخه", "en": "last cycle"},
    "status_sleeping": {"fa": "چرا خوابیده", "en": "why it sleeps"},
    "status_next": {"fa": "چرخهٔ بعد", "en": "next cycle"},
    "status_updated": {"fa": "به‌روز شده", "en": "updated"},
}
