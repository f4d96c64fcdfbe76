"""Sentences of building seed examples from a persona and forum pages."""

CATALOGUE = {
    # --- the command line
    "command_build": {
        "fa": "ساختن نمونه‌های آغازین از شخصیت و گفت‌وگوهای انجمن‌ها",
        "en": "build seed examples from the persona and from forum threads",
    },
    "command_show": {"fa": "شمارش و چند نمونه از یک فایل", "en": "counts and a few samples of a file"},
    "help_urls": {
        "fa": "نشانی فهرست انجمن یا یک گفت‌وگو؛ بی آن، انجمن‌های فایل شخصیت، و بی آن‌ها {default}",
        "en": "a forum's index or a thread; without it the persona file's `forum`, without that {default}",
    },
    "help_persona": {"fa": "نام شخصیت یا مسیر فایل آن", "en": "a persona's name, or the path of its file"},
    "help_out": {
        "fa": "فایل نتیجه؛ بی آن در پوشهٔ برنامه، جایی که یادگیری همین شخصیت آن را برمی‌دارد",
        "en": "the result; without it, in the program's own folder, where this persona's passes pick it up",
    },
    "help_limit_pages": {"fa": "بیشترین شمار صفحه‌ها", "en": "pages read at most"},
    "help_max_page_bytes": {
        "fa": "بیشترین اندازهٔ یک صفحه به بایت، مانند 500k یا 2M",
        "en": "largest page in bytes, as in 500k or 2M",
    },
    "help_max_bytes": {
        "fa": "بیشترین اندازهٔ همهٔ صفحه‌ها روی هم",
        "en": "all pages together, at most",
    },
    "help_delay": {
        "fa": "فاصلهٔ دو درخواست از یک سایت به ثانیه؛ robots.txt می‌تواند بیشتر بخواهد",
        "en": "seconds between two requests to a site; robots.txt may ask for more",
    },
    "help_allow_private": {
        "fa": "نشانی‌های شبکهٔ داخلی و همین دستگاه هم خوانده شود",
        "en": "also read from private addresses and from this machine",
    },
    "help_yes": {"fa": "بی پرسش بنویس", "en": "write without asking"},
    "help_refresh": {
        "fa": "فایلی که هست دوباره ساخته شود؛ تنها صفحه‌های تغییرکرده گرفته می‌شوند",
        "en": "build the file again; only pages that changed are fetched",
    },
    "help_file": {
        "fa": "فایل JSONL؛ بی آن، فایل ساخته‌شدهٔ شخصیت",
        "en": "a JSONL file; without it, the persona's built one",
    },
    "bad_size": {"fa": "عددی به بایت، مانند 500k یا 2M", "en": "bytes, as in 500k or 2M"},
    # --- going on
    "in_use": {
        "fa": "{path} از پیش هست و همان به کار می‌رود: {rows} نمونه. برای ساختن دوباره --refresh بدهید.",
        "en": "{path} is there already and is used: {rows} examples. Give --refresh to build it again.",
    },
    "resuming": {
        "fa": "ادامهٔ کاری که نیمه مانده بود؛ صفحه‌هایی که گرفته شده‌اند دوباره خواسته نمی‌شوند.",
        "en": "going on with a run that was cut short; pages it had are not asked for again.",
    },
    "reading": {"fa": "خواندن انجمن", "en": "reading the forum"},
    "progress": {
        "fa": "{pages} صفحه از {limit}، {threads} گفت‌وگو",
        "en": "{pages} of {limit} pages, {threads} threads",
    },
    "waiting": {
        "fa": "{seconds} ثانیه درنگ پیش از تلاش دوباره: {url}",
        "en": "waiting {seconds} s before trying again: {url}",
    },
    "crawl_delay": {
        "fa": "robots.txt در {site} میان دو درخواست {seconds} ثانیه فاصله می‌خواهد؛ رعایت می‌شود.",
        "en": "robots.txt at {site} asks for {seconds} s between requests, and gets them.",
    },
    "page_failed": {"fa": "کنار گذاشته شد: {reason}", "en": "left out: {reason}"},
    "source_failed": {
        "fa": "از {url} بیش از این خوانده نشد: {reason}",
        "en": "no more was read from {url}: {reason}",
    },
    "page_limit": {
        "fa": "به مرز {limit} صفحه رسید؛ با --limit-pages بیشتر کنید.",
        "en": "the limit of {limit} pages is reached; raise it with --limit-pages.",
    },
    "total_limit": {
        "fa": "به مرز {limit} بایت برای همهٔ صفحه‌ها رسید؛ با --max-bytes بیشتر کنید.",
        "en": "the limit of {limit} bytes for all pages is reached; raise it with --max-bytes.",
    },
    "stopped": {
        "fa": "متوقف شد. {pages} صفحه خوانده شده و مانده است؛ با همان فرمان ادامه می‌یابد.",
        "en": "stopped. The {pages} pages read so far are kept; the same command goes on from there.",
    },
    # --- why a page was not read
    "bad_url": {
        "fa": "«{url}» نشانی درستی نیست؛ باید با http:// یا https:// آغاز شود.",
        "en": "{url!r} is not a usable address: it must begin with http:// or https://.",
    },
    "private_address": {
        "fa": "{host} به نشانی داخلی {address} می‌رسد و خوانده نشد. اگر از خودتان است --allow-private بدهید.",
        "en": "{host} leads to the private address {address} and was not read. If it is yours, give --allow-private.",
    },
    "unreachable": {
        "fa": "{url} در دسترس نیست ({reason}). نشانی و اتصال اینترنت را بررسی کنید.",
        "en": "{url} cannot be reached ({reason}). Check the address and your connection.",
    },
    "unknown_host": {
        "fa": "سایتی به نام {host} پیدا نشد. نشانی و اتصال اینترنت را بررسی کنید.",
        "en": "there is no site called {host}. Check the address and your connection.",
    },
    "timed_out": {
        "fa": "{url} در {seconds} ثانیه نرسید. بعدتر دوباره بکوشید.",
        "en": "{url} did not arrive within {seconds} s. Try again later.",
    },
    "too_large": {
        "fa": "{url} از {limit} بایت بزرگ‌تر است و خوانده نشد؛ مرز با --max-page-bytes عوض می‌شود.",
        "en": "{url} is larger than {limit} bytes and was not read; --max-page-bytes sets the limit.",
    },
    "status": {
        "fa": "سرور برای {url} پاسخ {status} داد. نشانی را بررسی کنید یا بعدتر دوباره بکوشید.",
        "en": "the server answered {status} for {url}. Check the address, or try again later.",
    },
    "busy": {
        "fa": "سرور {url} می‌خواهد {seconds} ثانیه صبر کنید ({status}). پس از آن همین فرمان را دوباره بزنید؛ آنچه خوانده شده مانده است.",
        "en": "the server of {url} asks to wait {seconds} s ({status}). Run the same command again then; what was read is kept.",
    },
    "robots_forbids": {
        "fa": "robots.txt خواندن {url} را روا نمی‌دارد؛ نشانی دیگری بدهید.",
        "en": "robots.txt does not allow {url} to be read; give another address.",
    },
    "robots_unreadable": {
        "fa": "{url} خوانده نشد ({reason})، پس معلوم نیست چه چیزی رواست. بعدتر دوباره بکوشید.",
        "en": "cannot read {url} ({reason}), so it is not known what may be read. Try again later.",
    },
    "redirects": {
        "fa": "{url} پی‌درپی به نشانی‌های دیگر می‌فرستد. آن را در مرورگر باز کنید و نشانی پایانی را بدهید.",
        "en": "{url} leads from one address to the next without end. Open it in a browser and give the last address.",
    },
    "bad_redirect": {
        "fa": "{url} به «{target}» می‌فرستد که نشانی http نیست؛ دنبال نشد.",
        "en": "{url} leads to {target!r}, which is no http address; it was not followed.",
    },
    "left_site": {
        "fa": "{url} به سایت دیگری می‌فرستد ({target})؛ دنبال نشد.",
        "en": "{url} leads to another site ({target}); it was not followed.",
    },
    "not_html": {
        "fa": "{url} صفحهٔ وب نیست ({kind}).",
        "en": "{url} is not a web page ({kind}).",
    },
    "unreadable": {
        "fa": "HTML صفحهٔ {url} چنان به هم ریخته است که خوانده نشد.",
        "en": "the HTML of {url} is too broken to be read.",
    },
    "site_down": {
        "fa": "{times} صفحه پشت سر هم خوانده نشد، آخری {url}: {reason}",
        "en": "{times} pages in a row could not be read, the last one {url}: {reason}",
    },
    # --- nothing to learn from
    "nothing_found": {
        "fa": "در {url} چیزی پیدا نشد: {pages} صفحه خوانده شد و در هیچ‌کدام گفت‌وگویی نبود. شاید شکل صفحه عوض شده یا بی جاوااسکریپت خالی است؛ نشانی فهرست گفت‌وگوها یا یک گفت‌وگو را بدهید. فایلی نوشته نشد.",
        "en": "nothing found at {url}: {pages} pages were read, and none held a thread. The page's layout may have changed, or it is empty without JavaScript; give the address of the list of threads, or of a thread. No file was written.",
    },
    "no_rows": {
        "fa": "از {threads} گفت‌وگو هیچ‌کدام نمونه‌ای نداد ({reasons}). فایلی نوشته نشد.",
        "en": "none of {threads} threads gave an example ({reasons}). No file was written.",
    },
    # --- the result
    "found": {
        "fa": "{rows} نمونه از {threads} گفت‌وگو در {pages} صفحه، و {persona} نمونه از شخصیت «{name}»",
        "en": "{rows} examples from {threads} threads on {pages} pages, and {persona} from the persona {name!r}",
    },
    "left_out": {"fa": "کنار گذاشته شد: {reasons}", "en": "left out: {reasons}"},
    "left_no_reply": {"fa": "{count} بی پاسخ", "en": "{count} without a reply"},
    "left_short": {"fa": "{count} کوتاه", "en": "{count} too short"},
    "left_long": {"fa": "{count} بلند", "en": "{count} too long"},
    "left_not_persian": {"fa": "{count} نافارسی", "en": "{count} not Persian"},
    "left_personal": {
        "fa": "{count} با ایمیل یا شمارهٔ تلفن",
        "en": "{count} with an e-mail address or phone number",
    },
    "left_heldout": {"fa": "{count} در متن‌های سنجش", "en": "{count} in the texts that measure"},
    "left_duplicate": {"fa": "{count} تکراری", "en": "{count} duplicates"},
    "left_empty": {"fa": "{count} صفحه که گفت‌وگویی در آن نبود", "en": "{count} pages without a thread"},
    "left_failed": {"fa": "{count} صفحه که خوانده نشد", "en": "{count} pages that could not be read"},
    "sample": {"fa": "چند نمونه:", "en": "a sample:"},
    "ask_write": {
        "fa": "این {rows} نمونه در {path} نوشته شود تا آموزش از آن‌ها بهره ببرد؟",
        "en": "Write these {rows} examples to {path}, for training?",
    },
    "needs_yes": {
        "fa": "کسی نیست که نمونه‌ها را ببیند و بپذیرد؛ چیزی نوشته نشد. اگر پذیرفتنی‌اند، همین فرمان را با --yes بزنید (صفحه‌ها دوباره خواسته نمی‌شوند).",
        "en": "nobody is here to look at the sample and agree; nothing was written. If it is good, run the same command with --yes (pages are not asked for again).",
    },
    "declined": {"fa": "چیزی نوشته نشد.", "en": "nothing was written."},
    "written": {
        "fa": "{rows} نمونه نوشته شد: {path}",
        "en": "{rows} examples were written to {path}",
    },
    "written_used": {
        "fa": "یادگیری‌های بعدی شخصیت «{name}» آن را به کار می‌برند.",
        "en": "later passes of the persona {name!r} use it.",
    },
    # --- show
    "no_such_file": {
        "fa": "فایل {path} نیست. مسیر را بررسی کنید.",
        "en": "there is no file {path}. Check the path.",
    },
    "no_file": {
        "fa": "{path} هنوز ساخته نشده است. آن را با persian-assistant seed build بسازید.",
        "en": "{path} has not been built yet. Build it with: persian-assistant seed build",
    },
    "counts": {
        "fa": "{path}: {rows} گفت‌وگو، {exchanges} پرسش و پاسخ، {words} کلمه",
        "en": "{path}: {rows} conversations, {exchanges} exchanges, {words} words",
    },
    "count_of": {"fa": "  {name}: {count}", "en": "  {name}: {count}"},
    "topics": {"fa": "موضوع‌ها:", "en": "topics:"},
    "sources": {"fa": "منبع‌ها:", "en": "sources:"},
}
