import time

import pytest

from teahorse.common.search_words import ANYWHERE, TITLE, folded, index_words, query_words


def words(**texts):
    return set(index_words(**texts).strip("'").split("' '"))


def titled(text):
    return {word[1:] for word in words(titles=[text]) if word.startswith("=")}


def test_a_chinese_title_is_found_by_words_pairs_characters_and_readings():
    assert titled("青稞酒") == {"青稞酒", "青稞", "稞酒", "qingkejiu", "qkj"}
    assert {word for word in words(titles=["青稞酒"]) if word[0] not in "=~"} == titled("青稞酒") | {"青", "稞", "酒", "qing", "ke", "jiu"}


def test_a_tibetan_title_is_found_by_syllables_pairs_and_wylie():
    assert titled("ནས་ཆང་།") == {"ནས", "ཆང", "ནས་ཆང", "nas", "chang"}


def test_a_joined_particle_is_taken_off_a_syllable():
    assert titled("ཆུའི་") == {"ཆུ", "chu"}


def test_where_a_word_stands_is_its_mark():
    assert index_words(titles=["酒"], names=["Lhasa"], texts=["茶"]) == "'=酒' 'jiu' 'lhasa' '~jiu' '~lhasa' '~酒' '茶' '酒'"


def test_nothing_has_no_words():
    assert index_words(titles=["!"]) == ""


def test_running_text_is_found_by_words_and_by_names_that_no_dictionary_knows():
    assert index_words(titles=[], texts=["在扎囊县酿的青稞酒"]) == "'囊县' '在' '扎囊' '扎囊县' '的' '稞酒' '酿' '青稞' '青稞酒'"


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Gyangzê", "gyangze"), ("ＡＢＣ１", "abc1"), ("LÜ nǚ", "lv nv"), ("'bru", "bru"), ("Straße", "strasse")],
)
def test_case_accents_and_width_do_not_matter(text, plain):
    assert folded(text) == plain


@pytest.mark.parametrize(
    ("text", "every_word"),
    [
        ("青稞", "('青稞')"),
        ("青稞酒", "('青稞酒' | ('青稞' & '稞酒'))"),
        ("琼结的青稞", "('琼结') & ('青稞')"),
        ("qkj", "('qkj':*)"),
        ("qk", "('qk')"),
        ("qingke", "('qingke':* | ('qing' & 'ke'))"),
        ("barley win", "('barley') & ('win':*)"),
        ("ཆང་།", "('ཆང')"),
        ("ནས་ཆང", "('ནས་ཆང' | ('ནས' & 'ཆང'))"),
        ("བོད་ཀྱི་ཆང", "('བོད') & ('ཆང')"),
        ("琼结chang", "('琼结') & ('chang':*)"),
        ("的", "('的')"),
        ("?! ' &|:*", ""),
        ("", ""),
    ],
)
def test_a_query_asks_for_every_word_in_one_of_its_ways(text, every_word):
    query = query_words(text)

    assert query.at(ANYWHERE) == every_word
    assert bool(query) == bool(every_word)


def test_a_query_may_ask_for_the_title_alone():
    assert query_words("青稞酒 qkj").at(TITLE) == "('=青稞酒' | ('=青稞' & '=稞酒')) & ('=qkj':*)"


def test_a_query_is_cut_at_eight_words():
    assert query_words("a1 b1 c1 d1 e1 f1 g1 h1 i1 j1").at(ANYWHERE).count("&") == 7


def test_two_thousand_products_are_turned_into_words_within_a_few_seconds():
    began = time.monotonic()

    for number in range(2000):
        index_words(
            titles=[f"琼结县手工青稞酒{number}", "ནས་ཆང་།"],
            names=["粮油酒水", "山南市", "Qonggyai"],
            texts=["村里的老窖，冬天酿的酒。" * 5],
        )

    assert time.monotonic() - began < 8  # half a second on a quiet machine
