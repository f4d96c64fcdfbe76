"""Rounds files: reading, judging a reply, and the figures, against matrices worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.rounds import (
    Event,
    Replies,
    Rounds,
    false_recall,
    forget_residual,
    is_right,
    read_rounds,
    score,
    update,
)

SHIPPED = ("tuning", "railwayman", "nurse", "programmer", "driver", "tailor", "unseen")
TOLD_ALONE = ("driver", "tailor")


def probe(question: str, *answers: str, kind: str = "direct") -> dict[str, Any]:
    return {"kind": kind, "question": question, "answers": list(answers)}


def told(number: int, identity: str, *probes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"round": number, "event": "say", "id": identity, "text": "…", "probes": list(probes), **more}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "rounds.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


DOG = told(1, "dog", probe("سگم؟", "ببری"), probe("ببری کیست؟", "سگ", kind="reversed"))
CITY = told(1, "city", probe("شهرم؟", "یزد"), probe("کجام؟", "یزد", kind="colloquial"))
DOG2 = told(
    2, "dog2", probe("سگم؟", "خالدار"), probe("خالدار کیست؟", "سگ", kind="reversed"), supersedes="dog"
)
AGE = told(2, "age", probe("سنم؟", "۴۱", "چهل و یک"))
FORGET = {"round": 3, "event": "forget", "id": "city", "text": "یزد"}
FOOD = {
    "round": 3,
    "event": "teach",
    "id": "food",
    "question": "ناهار؟",
    "answer": "عدسی",
    "probes": [probe("چی بپزم؟", "عدسی")],
}
CONTROLS = [{"event": "control", "question": question} for question in ("گربه‌ام؟", "سگ برادرم؟")]


@pytest.fixture
def rounds(tmp_path: Path) -> Rounds:
    return read_rounds(written(tmp_path, DOG, CITY, "", DOG2, AGE, FORGET, FOOD, *CONTROLS))


# --- reading


def test_what_holds_after_each_round(rounds: Rounds) -> None:
    def ids(events: list[Event]) -> list[str]:
        return [event.id for event in events]

    assert rounds.count == 3
    assert ids(rounds.live(1)) == ["dog", "city"]
    assert ids(rounds.live(2)) == ["city", "dog2", "age"]
    assert ids(rounds.live()) == ["dog2", "age", "food"]
    assert ids(rounds.forgotten(2)) == [] and ids(rounds.forgotten()) == ["city"]
    assert ids(rounds.taught()) == ["dog", "city", "dog2", "age", "food"]
    assert rounds.controls == ("گربه‌ام؟", "سگ برادرم؟")
    assert ids(rounds.giveaways) == []
    first = rounds.limited(1)
    assert (first.count, ids(first.live()), first.controls) == (1, ["dog", "city"], rounds.controls)


def test_the_shape_of_every_event_is_kept(tmp_path: Path) -> None:
    fix = {
        "round": 1,
        "event": "fix",
        "id": "hi",
        "text": "سلام",
        "reply": "درود",
        "probes": [probe("خوبی؟", "درود")],
    }
    chat = {"round": 1, "event": "say", "text": "باران آمد"}
    found = read_rounds(written(tmp_path, chat, fix)).events
    assert (found[0].id, found[0].text, found[0].probes) == ("", "باران آمد", ())
    assert (found[1].event, found[1].reply, found[1].probes[0].answers) == ("fix", "درود", ("درود",))
    assert [event.line for event in found] == [1, 2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "JSON object"),
        ({"round": 1, "event": "tell"}, "event"),
        ({"event": "say", "text": "a"}, "round"),
        ({"round": 0, "event": "say", "text": "a"}, "round"),
        ({"round": True, "event": "say", "text": "a"}, "round"),
        ({"round": 1, "event": "say", "text": " "}, "text"),
        ({"round": 1, "event": "say", "text": "a", "probes": []}, "without id"),
        (told(1, ""), "id"),
        (told(1, "a"), "probes"),
        (told(1, "a", probe("q", "x", kind="other")), "kind"),
        (told(1, "a", probe("q")), "answers"),
        (told(1, "a", probe("q", " \u200c")), "answers"),
        (told(1, "a", probe("", "x")), "question"),
        (told(1, "a", probe("q", "x"), supersedes="b"), "'b'"),
        ({"round": 1, "event": "teach", "id": "a", "question": "q", "probes": [probe("q", "x")]}, "answer"),
        ({"round": 1, "event": "fix", "id": "a", "text": "q", "probes": [probe("q", "x")]}, "reply"),
        ({"round": 1, "event": "forget", "id": "a", "text": "x"}, "'a'"),
        ({"event": "control"}, "question"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: Any, reason: str) -> None:
    path = written(tmp_path, {"event": "control", "question": "?"}, row)
    with pytest.raises(UsageError) as told_off:
        read_rounds(path)
    values = told_off.value.values
    assert (told_off.value.key, values["path"], values["line"]) == ("bench.rounds_line", path, 2)
    assert reason in str(values["reason"])


def test_what_contradicts_the_lines_before(tmp_path: Path) -> None:
    for second, reason in [
        (DOG, "taken"),
        ({**AGE, "round": 1, "supersedes": "age"}, "'age'"),
    ]:
        with pytest.raises(UsageError, match=reason):
            read_rounds(written(tmp_path, DOG, second))
    with pytest.raises(UsageError, match="round 1 after round 2"):
        read_rounds(written(tmp_path, AGE, DOG))
    with pytest.raises(UsageError, match="'dog'"):
        read_rounds(written(tmp_path, DOG, DOG2, {"round": 2, "event": "forget", "id": "dog", "text": "x"}))


def test_a_file_that_is_not_there_not_text_or_empty(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told_off:
        read_rounds(tmp_path / "none.jsonl")
    assert told_off.value.key == "bench.rounds_unreadable"
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError) as told_off:
        read_rounds(tmp_path / "bytes")
    assert told_off.value.key == "cli.not_utf8"
    with pytest.raises(UsageError) as told_off:
        read_rounds(written(tmp_path, *CONTROLS))
    assert told_off.value.key == "bench.rounds_empty"


def test_line_separators_inside_a_text_do_not_end_a_line(tmp_path: Path) -> None:
    row = told(1, "a", probe("کو؟", "دو\u2028سه"))
    assert read_rounds(written(tmp_path, row)).events[0].probes[0].answers == ("دو\u2028سه",)


# --- judging


@pytest.mark.parametrize(
    ("reply", "answers", "right"),
    [
        ("اسم گربهٔ تو پشمک است.", ["پشمک"], True),
        ("تو ۳۴ سال داری", ["34"], True),
        ("تو ٣٤ سال داري", ["۳۴"], True),
        ("سي و چهار", ["سی‌وچهار"], True),
        ("كتاب فروشي", ["کتاب‌فروشی"], True),
        ("می خوا هم", ["می‌خواهم"], True),
        ("هنوز نگفته‌ای", ["پشمک", "گربه"], False),
        ("", ["پشمک"], False),
        ("پشم", ["پشمک"], False),
    ],
)
def test_a_reply_is_right_if_it_holds_an_answer(reply: str, answers: list[str], right: bool) -> None:
    assert is_right(reply, answers) is right


# --- scoring


def test_figures_worked_out_by_hand(rounds: Rounds) -> None:
    after = [
        # dog right in one of two, city in both: 3 of 4
        Replies({"dog": ["ببری", "نمی‌دانم"], "city": ["یزد", "یزد"]}, {}, ["؟", "؟"]),
        # city in one of two; dog2 in both and age not: 2 of 3
        Replies({"city": ["یزد", "قم"], "dog2": ["خالدار", "سگ تو"], "age": ["۱۴"]}, {}, ["؟", "یزد"]),
        # round 1 has no live fact left; dog2 once, age right: 2 of 3; food right
        Replies(
            {"dog2": ["خالدار، پیش‌تر ببری", "سگ"], "age": ["چهل‌ویک"], "food": ["عدسی بپز"]},
            {"city": ["نمی‌دانم", "در یزد"]},
            ["خالدار", "سگ برادرت را نمی‌شناسم"],
        ),
    ]
    figures = score(rounds, after)
    assert figures["R"] == [
        [3 / 4, None, None],
        [1 / 2, 2 / 3, None],
        [None, 1.0, 1.0],
    ]
    assert figures["same_round"] == pytest.approx((3 / 4 + 2 / 3 + 1) / 3)
    assert figures["acc"] == 1.0
    assert figures["bwt"] == pytest.approx(1 - 2 / 3)  # round 1 has nothing left to compare
    assert figures["acc_by_round"] == [3 / 4, pytest.approx((1 / 2 + 2 / 3) / 2), 1.0]
    assert figures["acc_by_kind"] == {"direct": 1.0, "reversed": 1.0}
    assert figures["same_round_by_kind"] == {"direct": 4 / 5, "colloquial": 1.0, "reversed": 1 / 2}
    assert figures["false_recall"] == 1 / 2
    assert figures["false_recall_by_round"] == [0.0, 1 / 2, 1 / 2]
    assert figures["update"] == 1 / 2  # the first still names the old one
    assert figures["forget_residual"] == 1.0


def test_forgetting_shows_in_bwt(tmp_path: Path) -> None:
    rows = [told(at, f"f{at}", probe(f"پرسش {at}؟", f"پاسخ{at}")) for at in (1, 2, 3)]
    rounds = read_rounds(written(tmp_path, *rows))
    after = [
        Replies({"f1": ["پاسخ1"]}),
        Replies({"f1": ["پاسخ1"], "f2": ["پاسخ ۲"]}),
        Replies({"f1": ["یادم نیست"], "f2": ["پاسخ2"], "f3": ["پاسخ3"]}),
    ]
    figures = score(rounds, after)
    assert figures["R"] == [[1, None, None], [1, 1, None], [0, 1, 1]]
    assert figures["same_round"] == 1
    assert figures["acc"] == pytest.approx(2 / 3)
    assert figures["bwt"] == -1 / 2
    assert (figures["update"], figures["forget_residual"], figures["false_recall"]) == (None, None, None)


def test_asked_only_at_the_end(rounds: Rounds) -> None:
    last = Replies(
        {"dog2": ["خالدار", "سگ"], "age": ["۴۱"], "food": ["آش"]}, {"city": ["قم", "قم"]}, ["؟", "؟"]
    )
    figures = score(rounds, [None, None, last])
    assert figures["R"] == [[None] * 3, [None] * 3, [None, 1.0, 0.0]]
    assert (figures["same_round"], figures["acc"], figures["bwt"]) == (0.0, 0.5, None)
    assert figures["acc_by_round"] == [None, None, 0.5]
    with pytest.raises(ValueError, match="last round"):
        score(rounds, [last, last, None])
    with pytest.raises(ValueError, match="last round"):
        score(rounds, [last])


def test_an_echo_of_the_question_is_no_false_recall(rounds: Rounds) -> None:
    assert false_recall(rounds, ["نمی‌دانم", "از سگ برادرت خبر ندارم"]) == 0
    assert false_recall(rounds, ["سگ", "سگ"]) == 1 / 2
    assert false_recall(rounds, ["۴۱", "ببری"]) == 1  # superseded answers count, too
    assert false_recall(rounds, ["عدسی", "۴۱"], after=1) == 0  # not taught by then


def test_an_update_must_leave_the_old_behind(rounds: Rounds) -> None:
    others = {"age": ["?"], "food": ["?"]}
    assert update(rounds, {"dog2": ["خالدار", "سگ"], **others}) == 1
    assert update(rounds, {"dog2": ["ببری", "سگ"], **others}) == 1 / 2
    assert update(rounds, {"dog2": ["ببری نه، خالدار", "سگ و ببری"], **others}) == 0


def test_an_update_of_an_update_remembers_the_first(tmp_path: Path) -> None:
    rows = [
        told(1, "a", probe("کو؟", "شیراز")),
        told(2, "b", probe("کو؟", "شیراز نو"), supersedes="a"),
        told(3, "c", probe("کو؟", "قم"), supersedes="b"),
    ]
    rounds = read_rounds(written(tmp_path, *rows))
    assert [fact.id for fact in rounds.live()] == ["c"]
    assert update(rounds, {"c": ["قم"]}) == 1
    assert update(rounds, {"c": ["قم، نه شیراز"]}) == 0
    first_two = rounds.limited(2)  # the old answer stands inside the new one
    assert update(first_two, {"b": ["در شیراز نو"]}) == 1


def test_one_answer_is_enough_to_be_remembered(rounds: Rounds) -> None:
    assert forget_residual(rounds, {"city": ["؟", "؟"]}) == 0
    assert forget_residual(rounds, {"city": ["؟", "یزد"]}) == 1


# --- the files that ship


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_is_large_enough(name: str) -> None:
    rounds = read_rounds(data_dir() / "rounds" / f"{name}.jsonl")
    taught = rounds.taught()
    assert rounds.count >= 10 and len(rounds.controls) >= 20
    assert all(sum(fact.round == number for fact in taught) >= 5 for number in range(1, rounds.count + 1))
    assert sum(bool(fact.supersedes) for fact in taught) >= 2 and rounds.forgotten()
    events = {"say"} if name in TOLD_ALONE else {"say", "teach", "fix"}
    assert {fact.event for fact in taught} == events
    assert all(len(fact.probes) >= 2 for fact in taught) and rounds.giveaways == []
    for fact in taught:  # asked in other words than told
        assert {probe.question for probe in fact.probes}.isdisjoint((fact.text, fact.question))


def test_what_is_tuned_on_shares_no_fact_with_what_is_not() -> None:
    texts, answers = [], []
    for name in ("tuning", "unseen"):
        taught = read_rounds(data_dir() / "rounds" / f"{name}.jsonl").taught()
        texts.append({fact.text for fact in taught if fact.event == "say"})
        direct = {one for fact in taught for found in fact.probes[:1] for one in found.answers}
        answers.append(direct)
    assert texts[0].isdisjoint(texts[1])
    assert not answers[0] & answers[1] - {"چپ"}
