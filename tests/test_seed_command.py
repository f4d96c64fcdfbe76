"""`seed build` and `seed show` as typed: a real site, a real file, and what reaches training."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forum_site import QUESTIONS, ForumSite, index_page, thread_page
from learning_files import persona_file

from persian_assistant import wording
from persian_assistant.cli import main
from persian_assistant.commands import seed
from persian_assistant.errors import UsageError
from persian_assistant.persona import Persona
from persian_assistant.seed_examples import read_seed_examples, split_seed_examples


@pytest.fixture
def site() -> Iterator[ForumSite]:
    with ForumSite() as site:
        site.fill(3)
        yield site


def build(site: ForumSite, *words: str) -> int:
    return main(["seed", "build", site.url + "/forum", "--allow-private", "--delay", "0", *words])


class TypedIn(io.StringIO):
    """A terminal's keyboard."""

    def isatty(self) -> bool:
        return True


def test_a_forum_becomes_seed_examples(
    site: ForumSite, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(site, "--yes") == 0
    out, err = capsys.readouterr()
    path = own_home / "seed" / "assistant.jsonl"
    assert out == f"{path}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["topic"] for row in rows] == ["persona"] * 2 + ["forum"] * 3
    assert [row["source"] for row in rows[2:]] == [f"{site.url}/thread/{n}" for n in (1, 2, 3)]
    title, question, reply = QUESTIONS[0]
    assert [message["content"] for message in rows[2]["messages"]] == [f"{title}\n{question}", reply]
    assert "۳ نمونه از ۳ گفت‌وگو" in err and reply in err  # the sample is shown
    text = path.read_text(encoding="utf-8")
    assert not any(word in text for word in ("امضا", "فروش ویژه", "حقوق محفوظ", "تبلیغ", "قوانین"))


def test_passes_of_this_persona_use_it(site: ForumSite, own_home: Path, tmp_path: Path) -> None:
    before = Persona.load("assistant").seed_paths
    assert build(site, "--yes") == 0
    persona = Persona.load("assistant")
    assert persona.seed_paths == [*before, own_home / "seed" / "assistant.jsonl"]
    train, heldout = split_seed_examples(persona.seed_paths)
    replies = {row[-1].content for row in train + heldout}
    assert {reply for _, _, reply in QUESTIONS[:3]} <= replies
    assert own_home / "seed" / "assistant.jsonl" not in Persona.load("programmer").seed_paths


def test_a_file_that_is_there_is_used(site: ForumSite, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(site, "--yes") == 0
    asked = len(site.asked)
    capsys.readouterr()
    assert build(site) == 0
    out, err = capsys.readouterr()
    assert out.endswith("assistant.jsonl\n") and "از پیش هست" in err and "۵ نمونه" in err
    assert len(site.asked) == asked


def test_refresh_asks_only_for_what_changed(site: ForumSite, tmp_path: Path) -> None:
    out = tmp_path / "seeds.jsonl"
    assert build(site, "--yes", "--out", str(out)) == 0
    site.put(
        "/thread/2",
        thread_page("عنوان تازه", ["پرسش تازه‌ای دربارهٔ شبکه دارم.", "پاسخ تازه‌ای که کسی نوشته است."]),
    )
    site.statuses.clear()
    assert build(site, "--yes", "--out", str(out), "--refresh") == 0
    assert site.statuses == [404, 304, 304, 200, 304]  # robots.txt, index, three threads
    assert "پاسخ تازه‌ای که کسی نوشته است." in [row[-1].content for row in read_seed_examples([out])]


def test_nobody_to_agree(site: ForumSite, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(site) == 2
    out, err = capsys.readouterr()
    assert out == "" and "--yes" in err and QUESTIONS[0][2] in err
    assert not (own_home / "seed" / "assistant.jsonl").exists()
    asked = len(site.asked)
    assert build(site, "--yes") == 0  # what was read is not asked for again
    assert site.asked[asked:] == ["/robots.txt"]


@pytest.mark.parametrize(("typed", "code"), [("بله\n", 0), ("y\n", 0), ("\n", 1), ("", 1), ("no\n", 1)])
def test_the_user_decides(
    site: ForumSite, own_home: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", TypedIn(typed))
    assert build(site) == code
    assert (own_home / "seed" / "assistant.jsonl").exists() == (code == 0)


def test_stopped_in_the_middle_and_resumed(
    site: ForumSite, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(path: str) -> None:
        if path == "/thread/2":
            os.kill(os.getpid(), signal.SIGINT)

    site.before = interrupt
    assert build(site, "--yes") == 1
    err = capsys.readouterr().err
    assert "متوقف شد" in err and "Traceback" not in err
    assert not (own_home / "seed" / "assistant.jsonl").exists()
    site.before = lambda path: None
    site.asked.clear()
    assert build(site, "--yes") == 0
    assert "نیمه مانده" in capsys.readouterr().err
    assert site.asked == ["/robots.txt", "/thread/2", "/thread/3"]
    assert len(read_seed_examples([own_home / "seed" / "assistant.jsonl"])) == 5


def test_a_page_whose_layout_changed(
    site: ForumSite, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put("/forum", "<div id=app></div>")
    for language in wording.LANGUAGES:
        assert build(site, "--yes", "--lang", language) == 1
        out, err = capsys.readouterr()
        assert out == "" and site.url + "/forum" in err
    assert "nothing found at" in err
    assert not (own_home / "seed" / "assistant.jsonl").exists()
    site.fill(1)
    assert build(site, "--yes") == 0  # no stale page is kept


def test_threads_of_which_none_trains(
    site: ForumSite, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        site.put(
            f"/thread/{number}", thread_page("A title", ["Some question?", "Some answer that is no Persian."])
        )
    assert build(site, "--yes") == 2
    assert "۳ نافارسی" in capsys.readouterr().err
    assert not (own_home / "seed" / "assistant.jsonl").exists()


def test_this_machine_is_not_read_without_the_flag(
    site: ForumSite, capsys: pytest.CaptureFixture[str]
) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert main(["seed", "build", f"http://{host}:{site.port}/forum", "--yes"]) == 1
        assert "--allow-private" in capsys.readouterr().err
    assert site.asked == []


def test_a_page_of_windows_1256_under_a_wrong_name(site: ForumSite, own_home: Path) -> None:
    old = thread_page(
        "آموزش نصب برنامه",
        ["چگونه بايد اين برنامه را نصب كنم؟", "از سايت اصلي بگيريد و اجرا كنيد، ساده است."],
    )
    body = old.replace("utf-8", "iso-8859-1").translate(
        {ord("ی"): "ي", ord("ک"): "ك", ord("ٔ"): None, 0x200C: " "}
    )
    body = body.translate({ord(digit): str(at) for at, digit in enumerate("۰۱۲۳۴۵۶۷۸۹")})
    site.put("/thread/1", body.encode("cp1256"), Content_Type="text/html; charset=ISO-8859-1")
    assert build(site, "--yes") == 0
    replies = [row[-1].content for row in read_seed_examples([own_home / "seed" / "assistant.jsonl"])]
    assert "از سایت اصلی بگیرید و اجرا کنید، ساده است." in replies


def test_a_persona_s_own_forum(site: ForumSite, own_home: Path, tmp_path: Path) -> None:
    path = persona_file(tmp_path, "mine")
    with path.open("a", encoding="utf-8") as file:
        file.write(f'forum = ["{site.url}/forum"]\n')
    words = ["seed", "build", "--persona", str(path), "--allow-private", "--delay", "0", "--yes"]
    assert main(words) == 0
    persona = Persona.load(str(path))
    assert persona.forum == (site.url + "/forum",)
    assert persona.seed_paths[-1] == own_home / "seed" / "mine.jsonl"
    path.write_text('name = "a"\nsystem = "x"\nforum = "https://one.example"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="forum"):
        Persona.load(str(path))


def test_a_name_of_a_persona_is_no_path(own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('name = "../../evil"\nsystem = "x"\n', encoding="utf-8")
    assert Persona.load(str(path)).built_seed_path.parent == own_home / "seed"


def test_without_an_address_it_is_the_default(monkeypatch: pytest.MonkeyPatch, site: ForumSite) -> None:
    monkeypatch.setattr(seed, "DEFAULT_SOURCE", site.url + "/forum")
    assert main(["seed", "build", "--allow-private", "--delay", "0", "--yes"]) == 0
    assert "/forum" in site.asked


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["ftp://forum.example/"], "ftp://forum.example/"),
        (["--limit-pages", "0"], "--limit-pages"),
        (["--delay", "-1"], "--delay"),
        (["--max-bytes", "much"], "--max-bytes"),
        (["--max-page-bytes", "0"], "--max-page-bytes"),
        (["--persona", "nobody"], "nobody"),
    ],
)
def test_what_makes_no_sense(words: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed", "build", *words, "--yes"]) == 2
    assert named in capsys.readouterr().err


def test_a_folder_that_is_not_there(
    site: ForumSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(site, "--yes", "--out", str(tmp_path / "no" / "such" / "file.jsonl")) == 1
    assert str(tmp_path / "no" / "such") in capsys.readouterr().err
    assert site.asked == []


@pytest.mark.parametrize(("text", "size"), [("500k", 500_000), ("2M", 2_000_000), ("۳", 3), ("1 gb", None)])
def test_sizes(text: str, size: int | None) -> None:
    if size is None:
        with pytest.raises(UsageError, match="2M"):
            seed._size(text, "--max-bytes")
    else:
        assert seed._size(text, "--max-bytes") == size


# --- show


def test_show(site: ForumSite, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(site, "--yes") == 0
    capsys.readouterr()
    path = own_home / "seed" / "assistant.jsonl"
    for words in ([], [str(path)]):
        assert main(["seed", "show", *words, "--lang", "en"]) == 0
        out, err = capsys.readouterr()
        assert "5 conversations, 5 exchanges" in out
        assert "forum: 3" in out and f"127.0.0.1:{site.port}: 3" in out
        assert err.count("\n> ") == 5


def test_show_of_what_is_not_usable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed", "show"]) == 2
    assert "seed build" in capsys.readouterr().err
    assert main(["seed", "show", str(tmp_path / "none.jsonl"), "--lang", "en"]) == 2
    err = capsys.readouterr().err
    assert "none.jsonl" in err and "seed build" not in err  # a name typed wrong is nothing to build
    path = tmp_path / "bad.jsonl"
    path.write_text('{"messages": []}\n', encoding="utf-8")
    assert main(["seed", "show", str(path)]) == 2
    assert "bad.jsonl" in capsys.readouterr().err


def test_what_is_shown_cannot_drive_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = [("user", "سلام\x1b[2J"), ("assistant", "درود\x9b31m")]
    row: dict[str, Any] = {
        "topic": "\x1b]52;c;aGk=\x07تازه",
        "source": "https://a\x1b[31m.example/",
        "messages": [{"role": role, "content": content} for role, content in said],
    }
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    assert main(["seed", "show", str(path)]) == 0
    assert not {"\x1b", "\x07", "\x9b"} & set("".join(capsys.readouterr()))


def test_an_index_of_another_kind(site: ForumSite, own_home: Path) -> None:
    """`?fa=forum` with slugs: the default source's own form of address."""
    slugs = [(f"/?fa=forum_post&slug=a{n}", QUESTIONS[n][0]) for n in range(3)]
    site.put("/?fa=forum", index_page(slugs))
    for (path, title), (_, *posts) in zip(slugs, QUESTIONS, strict=False):
        site.put(
            path, f"<h1>{title}</h1>" + "".join(f"<div class=item><p>{post}</p></div>" for post in posts)
        )
    words = ["seed", "build", site.url + "/?fa=forum", "--allow-private", "--delay", "0", "--yes"]
    assert main(words) == 0
    rows = read_seed_examples([own_home / "seed" / "assistant.jsonl"])
    assert [row[-1].content for row in rows[2:]] == [reply for _, _, reply in QUESTIONS[:3]]
