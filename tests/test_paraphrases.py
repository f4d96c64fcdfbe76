"""Hand-written frames: found by relation or by likeness, and never for another relation, tense or person."""

from __future__ import annotations

import pytest

from persian_assistant.facts import curriculum, views
from persian_assistant.facts.extraction import read
from persian_assistant.facts.paraphrases import paraphrase
from persian_assistant.records import Fact
from persian_assistant.text import answer_key


def stated(text: str) -> list[Fact]:
    return [
        Fact(f"7.{at}", 7, "stated", d.subject, d.attribute, d.value, d.sentence, d.key, d.single, d.details)
        for at, d in enumerate(read(text), 1)
    ]


def frames(text: str) -> list[str]:
    return [found.frame for fact in stated(text) if (found := curriculum.found_frame(fact))]


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("پنجاه و دو سالمه", "people.own_age"),
        ("خاله‌م سی سالشه", "people.person_age"),
        ("گربه‌م پنج سالشه", "people.pet_age"),
        ("من خبرنگارم", "life.job"),
        ("دامادم قاضیه", "people.person_job"),
        ("تو یه گلفروشی کار می‌کنم", "life.workplace"),
        ("تو زنجان زندگی می‌کنم", "people.home_city"),
        ("پسرم تو آنکارا زندگی می‌کنه", "people.person_city"),
        ("خونه‌م تو خیابون لاله‌ست", "people.home_street"),
        ("قدم ۱۸۲ سانته", "people.own_height"),
        ("سه‌تار می‌زنم", "people.own_instrument"),
        ("چهار تا خواهر دارم", "people.siblings_count"),
        ("متولد ۱۳۵۸ هستم", "people.own_birth_year"),
        ("عاشق فسنجونم", "life.fav_food"),
        ("رئیسم آقای مشایخیه", "life.boss"),
        ("از تونل وحشت دارم", "life.fear"),
        ("اسم بهترین دوستم تارا است", "people.best_friend_name"),
    ],
)
def test_a_relation_finds_its_frame(text: str, frame: str) -> None:
    assert frame in frames(text)


@pytest.mark.parametrize(
    "text",
    [
        "باید برم یزد",
        "از پله میرم",
        "با خواهرم زندگی می‌کنم",
        "عاشق پسرمم",
        "از بوی سیر بدم میاد",
        "از سوسک متنفرم",
        "شوهرم قراره به مریم یاد بده",
        "خونه‌مون طبقه‌ی دومه و آسانسور نداره",
    ],
)
def test_another_relation_finds_none(text: str) -> None:
    wrong = {
        "people.last_trip",
        "life.commute",
        "people.home_city",
        "life.fav_food",
        "people.person_gift_to_me",
    }
    assert not wrong & set(frames(text))


def test_another_time_is_another_fact() -> None:
    assert paraphrase("آخرین سفر تو به کرمان بود.", "کرمان") is not None
    assert paraphrase("آخرین سفر تو قرار است به کرمان باشد.", "کرمان") is None


def test_answers_hold_the_value_and_no_probe_is_trained() -> None:
    for text in ("پنجاه و دو سالمه", "قدم ۱۸۲ سانته", "دامادم قاضیه", "ساعت شش بیدار می‌شم"):
        for fact in stated(text):
            trained, probes = curriculum.train_views(fact), curriculum.probe_views(fact)
            asked = {answer_key(view.messages[0].content) for view in trained}
            assert len(asked) == len(trained)
            assert not asked & {answer_key(view.messages[0].content) for view in probes}
            for view in (*trained, *probes):
                assert any(answer in view.messages[1].content for answer in view.answers) or (
                    view.kind == "reversed"
                )
            assert views.statement(fact)
