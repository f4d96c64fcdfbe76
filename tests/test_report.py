"""`persian-assistant report`: what it reads of a profile, and the page in both languages, without secrets."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_parts import SECRET, START, Life, long_life

from persian_assistant import cli, gate, wording
from persian_assistant.reporting.history import read_past
from persian_assistant.reporting.page import REASONS, render

VOID = {"meta"}


class Page(HTMLParser):
    """A page as a browser takes it: its words, its elements; fails where they do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name == tag and kind in (given.get("class") or "")]


@pytest.fixture
def life(own_home: Path) -> Life:
    return long_life(own_home)


def page_of(life: Life, **options: bool) -> Page:
    return Page(render(read_past(life.profile), "دستیار فارسی", START, limit=1.02, **options))


# --- what is read -----------------------------------------------------------------------------------


def test_the_past_is_what_happened(life: Life) -> None:
    past = read_past(life.profile)
    assert past.serving == 3
    assert [version.number for version in past.versions] == [1, 2, 3]
    assert [version.new_facts for version in past.versions] == [2, 2, 0]
    assert [version.facts for version in past.versions] == [2, 4, 4]
    assert past.versions[1].scores == {
        "new_recall": 0.9, "earlier_recall": 0.83, "perplexity_ratio": 1.016, "seconds": 44.0, "scale": 0.6,
    }  # fmt: skip
    assert [(event.kind, event.number) for event in past.events] == [
        ("created", None), ("published", 1), ("taught", None), ("rejected", None), ("published", 2),
        ("rolled_back", 1), ("undone", None), ("published", 3), ("forgotten", None),
    ]  # fmt: skip
    forgotten = past.events[-1]
    assert (forgotten.facts, forgotten.exchanges) == (1, 1)
    assert past.pending == 1 and past.exchanges == life.journal.count() == 5
    assert [fact.value for fact, _ in past.facts] == [fact.value for fact in life.facts.live()]
    times = [event.time for event in past.events]
    assert times == sorted(times) and past.damaged_lines == 0


def test_reading_changes_nothing_also_while_a_chat_is_open_and_writes(life: Life) -> None:
    with life.profile.lock(), life.profile.journal_path.open("ab") as journal:
        journal.write(b'{"seq":99,"kind":"us')  # in the middle of a line
        journal.flush()
        before = {path: path.read_bytes() for path in life.profile.path.rglob("*") if path.is_file()}
        assert read_past(life.profile).damaged_lines == 0
        assert {path: path.read_bytes() for path in life.profile.path.rglob("*") if path.is_file()} == before


def test_damaged_lines_are_counted_and_told(life: Life) -> None:
    lines = life.profile.journal_path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:20] + b"x" + lines[3][21:]
    life.profile.journal_path.write_bytes(b"".join(lines))
    assert read_past(life.profile).damaged_lines == 1
    assert "۱ سطر" in page_of(life).text


def test_a_version_that_was_removed_keeps_its_place(life: Life) -> None:
    life.store.remove_all_but(life.store.current())
    past = read_past(life.profile)
    assert [(version.number, version.kept) for version in past.versions] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert past.versions[0].scores["new_recall"] == 0.72
    assert page_of(life).text.count("پاک شده") == 2


def test_a_step_back_before_the_next_answer_and_one_to_the_base(life: Life) -> None:
    life.publish(new_recall=1.0)
    life.store.rollback(2)
    last = read_past(life.profile).events[-1]
    assert (last.kind, last.number) == ("rolled_back", 2)
    life.say("خوبی؟")
    life.store.rollback(None)
    life.say("خوبی؟")
    steps = [event.number for event in read_past(life.profile).events if event.kind == "rolled_back"]
    assert steps[0] == 1 and steps[-1] is None


def test_each_rollback_that_the_journal_tells_is_one_step(life: Life) -> None:
    """Also two between two answers, and one forward; what comes of one is not told twice."""
    before = len(read_past(life.profile).events)
    for number in (1, None, 2):
        life.store.rollback(number)
        life.journal.append("rollback", version=number)
    life.say("خوبی؟")
    life.say("خوبم.")
    steps = read_past(life.profile).events[before:]
    assert [(event.kind, event.number) for event in steps] == [
        ("rolled_back", 1), ("rolled_back", None), ("rolled_back", 2),
    ]  # fmt: skip
    assert [event.time for event in steps] == sorted({event.time for event in steps})
    assert page_of(life).text.count("از این پس مدل پایه پاسخ داد.") == 1


@pytest.mark.parametrize("marked", [True, False])
def test_an_answer_of_the_programs_own_is_no_step_back(marked: bool, life: Life) -> None:
    before = read_past(life.profile).events
    seq = life.journal.append_user("کمک")
    number = life.journal.append_assistant(seq, "تنها نمان.", own=marked)
    life.journal.append("rating", target=seq, value="bad")
    life.journal.append("observed", upto=number)
    life.say("ممنون")
    assert read_past(life.profile).events == before


def test_a_pass_that_runs_and_one_that_failed(life: Life) -> None:
    life.ended("failed", "learning.no_memory")
    life.ended("cancelled")
    life.journal.append_pass("started", high_water=life.journal.last_seq())
    assert [event.kind for event in read_past(life.profile).events][-3:] == ["failed", "cancelled", "running"]
    assert "حافظهٔ دستگاه کافی نبود" in page_of(life).text


def test_a_profile_without_a_past(own_home: Path) -> None:
    past = read_past(Life(own_home).profile)
    assert (past.versions, past.serving, past.facts) == ((), None, ())
    assert "هنوز نسخه‌ای آموخته نشده است" in Page(render(past, "x", START, facts=True)).text


def test_every_reason_of_the_gate_has_words() -> None:
    source = Path(gate.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(?:learning\.)?(gate_[a-z_]+)"', source))
    assert len(named) >= 7 and named <= set(REASONS)


# --- the page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_the_page_is_whole_and_asks_for_nothing(language: str, life: Life) -> None:
    wording.set_language(language)
    text = render(read_past(life.profile), "A & <b>", START, limit=1.02, facts=True)
    page = Page(text)
    assert page.all("html") == [{"lang": language, "dir": "rtl" if language == "fa" else "ltr"}]
    assert "A & <b>" in page.text and not page.all("b", "x")
    assert not re.search(r"https?:|url\(|@import|src=|href=|<script", text)
    assert len(page.all("svg")) == 3
    assert len(page.all("circle")) == 3 + 2 + 3  # a dot for each score that was measured
    assert len(page.all("rect")) == 3
    assert "prefers-color-scheme:dark" in text
    assert not re.search("[0-9]" if language == "fa" else "[۰-۹]", page.text.replace("0.1.0", ""))


def test_figures_and_dates_are_in_the_languages_own(life: Life) -> None:
    persian = page_of(life).text
    for told in ("نسخهٔ ۳", "۱۴۰۵/۰۶/", "۷۲٪", "۱٫۰۱۶", "۶۰٪", "از یاد برده بود", "از این پس نسخهٔ ۱ پاسخ داد"):
        assert told in persian
    wording.set_language("en")
    english = page_of(life).text
    for told in ("version 3", "2026-09-", "72%", "1.016", "60%", "From then on version 1 answered"):
        assert told in english


def test_nothing_private_without_being_asked(life: Life) -> None:
    told = [turn.user for turn in life.journal.exchanges()]
    values = [fact.value for fact in life.facts.live()]
    plain = render(read_past(life.profile), "دستیار", START)
    assert not any(word in plain for word in [*told, *values, "چه خوب", "/srv"])
    with_facts = page_of(life, facts=True).text
    assert SECRET in with_facts and "اسم گربه" in with_facts
    assert not any(word in with_facts for word in told) and "تبریز" not in with_facts


def test_a_value_cannot_bring_markup_along(life: Life) -> None:
    life.facts.teach("<img src=x>", "<script>alert(1)</script>\u202e")
    text = render(read_past(life.profile), "x", START, facts=True)
    assert "<script" not in text and "<img" not in text and "\u202e" not in text
    assert "<script>alert(1)</script>" in Page(text).text


def test_many_events_are_folded(own_home: Path) -> None:
    life = Life(own_home)
    for _ in range(40):
        life.facts.teach("یک؟", "دو")
    page = page_of(life)
    assert len(page.all("li", "taught")) == 40 and len(page.all("details")) == 1
    assert "۱۱ رویداد پیش‌تر" in page.text


# --- the command ------------------------------------------------------------------------------------


def report(*words: str) -> int:
    return cli.main(["report", *words])


def test_the_command_writes_a_private_file_and_says_where(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report() == 0
    path = life.profile.path / "report.html"
    out = capsys.readouterr().out
    assert str(path) in out and "/forget" not in out
    assert path.stat().st_mode & 0o777 == 0o600
    assert Page(path.read_text(encoding="utf-8")).text.startswith(" آنچه «دستیار فارسی» آموخته است")
    assert report("--facts", "--lang", "en") == 0
    assert SECRET in path.read_text(encoding="utf-8") and "/forget" in capsys.readouterr().out


def test_only_a_report_is_written_over(
    life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, folder = tmp_path / "own.html", tmp_path / "no" / "x.html"
    own.write_text("my words")
    assert report("--out", str(own)) == report("--out", str(folder)) == report("--out", str(tmp_path)) == 2
    errors = capsys.readouterr().err
    assert "own.html" in errors and str(folder.parent) in errors and own.read_text() == "my words"
    new = tmp_path / "new.html"
    assert report("--out", str(new)) == report("--out", str(new)) == 0


def test_which_profile(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report() == 2
    assert "persian-assistant chat" in capsys.readouterr().err
    Life(own_home)
    Life(own_home, "other")
    assert report() == 2
    assert "assistant-mini، other" in capsys.readouterr().err
    assert report("--profile", "other") == 0 and (own_home / "profiles/other/report.html").is_file()
    assert report("--profile", "third") == 2
