"""
Turning what people write into search words, for a ``tsvector`` that is built here and not by PostgreSQL.

Chinese gives words, pairs of characters and characters; Tibetan gives syllables and pairs of syllables; everything
else gives its words without case and accents. What has a reading in Latin letters is found by it too: Chinese by
pinyin (whole word, syllables, initials), Tibetan by Wylie.

Where a word stands decides how good a hit it is. PostgreSQL's own weights are of no help with that: an index does not
hold them, so that every hit would have to be read. Instead a word of a name is kept a second time with a mark before
it, a word of a title a third time with another: the index alone answers "in the title?".
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import rjieba

HAN = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"
TIBETAN = "\u0f00-\u0fff"
SYLLABLE = "[\u0f00\u0f20-\u0f33\u0f35\u0f37\u0f39\u0f40-\u0fbc]"
RUNS = re.compile(rf"(?P<han>[{HAN}]+)|(?P<bo>{SYLLABLE}(?:[\u0f0b\u0f0c]?{SYLLABLE})*)|(?P<word>[^\W_{HAN}{TIBETAN}]+)")
SYLLABLES = re.compile(f"{SYLLABLE}+")
ACCENTS = re.compile("[\u0300-\u036f]")
APOSTROPHES = re.compile("(?<![0-9])['\u2018\u2019\u02bc]")
UMLAUT = re.compile("(?<=[nlNL])[uU]\u0308")

LONGEST_WORD = 40
LONGEST_JOINED = 12
LONGEST_QUERY = 100
MOST_QUERY_WORDS = 8
SHORTEST_PREFIX = 3
MOST_READINGS = 3

SMALL_HAN = frozenset("的了和与及在是之")
SMALL_BO = frozenset({"གི", "ཀྱི", "གྱི", "ཡི", "གིས", "ཀྱིས", "གྱིས", "ཡིས", "ནི", "དང", "ལ", "ན", "ནས", "ལས", "སུ", "ཏུ", "དུ", "རུ"})
JOINED_BO = re.compile(f"(?<={SYLLABLE})(?:འི|འོ|འང|འམ)$")

ANYWHERE, NAME, TITLE = "", "~", "="
"""Where a word stands: the mark before it."""

SYLLABLES_OF_PINYIN = """
    ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen ceng cha chai chan
    chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan
    dang dao de dei den deng di dia dian diao die ding diu dong dou du duan dui dun duo ei en eng er fa fan fang fei fen feng fo
    fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng
    hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao
    ke ken keng kong kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling
    liu long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu na nai nan
    nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan nuo nv nve ou pa pai pan pang pao pei pen peng
    pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun ran rang rao re ren reng ri
    rong rou ru ruan rui run ruo sa sai san sang sao se sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua
    shuai shuan shuang shui shun shuo si song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou
    tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan
    yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen
    zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo
"""
PINYIN = frozenset(SYLLABLES_OF_PINYIN.split())
"""The Chinese syllables of Hanyu Pinyin (GB/T 16159) of two letters or more, without tones, ü as v."""


def folded(text: str) -> str:
    """Return a text without case, accents, apostrophes and width: ``Gyangzê`` is ``gyangze``."""
    plain = unicodedata.normalize("NFKD", text)
    return APOSTROPHES.sub("", ACCENTS.sub("", UMLAUT.sub("v", plain)).casefold())


# --- What a document is found by


def index_words(*, titles: Iterable[str], names: Iterable[str] = (), texts: Iterable[str] = ()) -> str:
    """
    Return the search words of a document as the literal of a ``tsvector``.

    Titles and names (a brand, a place) are short: they are found by every piece and every reading. Running texts are
    found by their words and syllables as they are written.
    """
    words: set[str] = set()
    for title in titles:
        strong, weak = _name_words(title)
        words.update(strong, weak, [NAME + word for word in (*strong, *weak)], [TITLE + word for word in strong])
    for name in names:
        for pieces in _name_words(name):
            words.update(pieces, [NAME + word for word in pieces])
    for text in texts:
        words.update(_running_words(text))
    return "'" + "' '".join(sorted(words)) + "'" if words else ""


@functools.lru_cache(maxsize=20_000)
def _name_words(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """
    Return a name's search words, and the weak ones: single characters and their syllables, which stand in everything.

    They are kept, because a place or a seller has many products.
    """
    strong: set[str] = set()
    weak: set[str] = set()
    for kind, run in _runs(folded(text)):
        if kind == "han":
            _han_names(run, strong, weak)
        elif kind == "bo":
            _tibetan_names(run, strong)
        else:
            strong.add(run)
    return frozenset(strong), frozenset(weak - strong)


def _han_names(run: str, strong: set[str], weak: set[str]) -> None:
    words = rjieba.cut(run, hmm=False)
    strong.update(word[:LONGEST_WORD] for word in words)
    strong.update(_pairs(run))
    weak.update(run)
    syllables = [_pinyin(word) for word in words]
    weak.update(itertools.chain.from_iterable(syllables))
    readings = [reading for reading in syllables if len(reading) > 1]
    if len(words) > 1 and len(run) <= LONGEST_JOINED:
        readings.append(tuple(itertools.chain.from_iterable(syllables)))
    for reading in readings:
        strong.add("".join(reading))
        strong.add("".join(syllable[0] for syllable in reading))


def _tibetan_names(run: str, strong: set[str]) -> None:
    syllables = _tibetan_syllables(run)
    strong.update(syllables)
    strong.update(wylie for syllable in syllables if (wylie := _wylie(syllable)))
    strong.update(f"{first}\u0f0b{second}" for first, second in pairwise(syllables))


def _running_words(text: str) -> list[str]:
    found: list[str] = []
    for kind, run in _runs(folded(text)):
        if kind == "han":
            words = _han_words(run)
            found += words
            for word in words:
                if len(word) > 2:
                    found += _pairs(word)
        elif kind == "bo":
            found += _tibetan_syllables(run)
        else:
            found.append(run)
    return found


# --- What a person looks for


@dataclass(frozen=True)
class Term:
    """One search word, or the beginning of one."""

    lexeme: str
    is_prefix: bool = False

    def at(self, place: str) -> str:
        """Return it as it stands at a place."""
        return f"'{place}{self.lexeme}'" + (":*" if self.is_prefix else "")


@dataclass(frozen=True)
class Query:
    """What a person looks for: every word, each in one of several ways, each way some terms that stand together."""

    words: tuple[tuple[tuple[Term, ...], ...], ...]

    def __bool__(self) -> bool:
        return bool(self.words)

    def at(self, place: str) -> str:
        """Return the literal of the ``tsquery`` that asks for every word at a place (``TITLE``, ``NAME``, ``ANYWHERE``)."""
        return " & ".join(f"({' | '.join(_together(way, place) for way in ways)})" for ways in self.words)


def query_words(text: str, *, shortest_prefix: int = SHORTEST_PREFIX) -> Query:
    """
    Return what a text looks for; a query without words, which is false, where there is nothing to look for in it.

    The last word, when it is in Latin letters and of ``shortest_prefix`` letters or more, may go on.
    """
    runs = list(_runs(folded(text[:LONGEST_QUERY])))
    words: list[tuple[tuple[Term, ...], ...]] = []
    for index, (kind, run) in enumerate(runs):
        if kind == "han":
            words += [_han_ways(word) for word in _without_small(_han_words(run), SMALL_HAN, alone=len(runs) == 1)]
        elif kind == "bo":
            words += _tibetan_ways(_tibetan_syllables(run))
        else:
            words.append(_latin_ways(run, may_go_on=index == len(runs) - 1 and len(run) >= shortest_prefix))
    return Query(tuple(dict.fromkeys(words[:MOST_QUERY_WORDS])))


def _han_ways(word: str) -> tuple[tuple[Term, ...], ...]:
    if len(word) <= 2:
        return ((Term(word),),)
    return (Term(word[:LONGEST_WORD]),), tuple(Term(pair) for pair in _pairs(word))


def _tibetan_ways(syllables: list[str]) -> list[tuple[tuple[Term, ...], ...]]:
    if len(syllables) == 2:  # two syllables are a word: together, or both anywhere
        return [((Term("\u0f0b".join(syllables)),), tuple(Term(syllable) for syllable in syllables))]
    return [((Term(syllable),),) for syllable in _without_small(syllables, SMALL_BO, alone=True)]


def _latin_ways(word: str, *, may_go_on: bool) -> tuple[tuple[Term, ...], ...]:
    readings = (tuple(Term(syllable) for syllable in reading) for reading in _pinyin_readings(word))
    return (Term(word, may_go_on),), *readings


def _together(terms: Iterable[Term], place: str) -> str:
    words = [term.at(place) for term in terms]
    return words[0] if len(words) == 1 else f"({' & '.join(words)})"


def _without_small(words: list[str], small: frozenset[str], *, alone: bool) -> list[str]:
    kept = [word for word in words if word not in small]
    return kept or (words if alone else [])


# --- Pieces


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for match in RUNS.finditer(text):
        yield match.lastgroup or "", match[0] if match.lastgroup != "word" else match[0][:LONGEST_WORD]


def _pairs(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]


def _han_words(run: str) -> list[str]:
    """Cut a run into words; characters that the dictionary leaves alone side by side are one word (a new name)."""
    words: list[str] = []
    is_open = False
    cut: list[str] = rjieba.cut(run, hmm=False)
    for word in cut:
        is_single = len(word) == 1 and word not in SMALL_HAN
        if is_single and is_open:
            words[-1] += word
        else:
            words.append(word)
        is_open = is_single
    return words


def _tibetan_syllables(run: str) -> list[str]:
    return [JOINED_BO.sub("", syllable)[:LONGEST_WORD] for syllable in SYLLABLES.findall(run)]


@functools.lru_cache(maxsize=100_000)
def _pinyin(word: str) -> tuple[str, ...]:
    syllables = (folded(syllable) for syllable in _pinyin_of()(word))
    return tuple(syllable for syllable in syllables if syllable.isascii() and syllable.isalpha())


@functools.lru_cache(maxsize=20_000)
def _wylie(syllable: str) -> str:
    return re.sub("[^a-z0-9]", "", _wylie_of()(syllable).casefold())


@functools.cache
def _pinyin_of() -> Callable[[str], list[str]]:
    """Load pypinyin when something is indexed: it takes a third of a second, which searching does without."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    return lazy_pinyin


@functools.cache
def _wylie_of() -> Callable[[str], str]:
    import pyewts  # noqa: PLC0415 - as above

    to_wylie: Callable[[str], str] = pyewts.pyewts().toWylie  # type: ignore[no-untyped-call]  # it has no types
    return to_wylie


def _pinyin_readings(word: str) -> list[tuple[str, ...]]:
    """Return the ways, three at most, in which a word is two or more syllables of pinyin: ``qingke`` is ``qing ke``."""
    found: list[tuple[str, ...]] = []

    def read(rest: str, syllables: tuple[str, ...]) -> None:
        if len(found) == MOST_READINGS:
            return
        if not rest and len(syllables) > 1:
            found.append(syllables)
        for length in range(min(6, len(rest)), 1, -1):
            if rest[:length] in PINYIN:
                read(rest[length:], (*syllables, rest[:length]))

    if word.isascii() and word.isalpha() and len(word) <= LONGEST_WORD // 2:
        read(word, ())
    return found
