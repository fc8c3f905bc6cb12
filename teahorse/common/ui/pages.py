"""The page ``/ui/``: every component in every state, in Chinese, Tibetan and English, light and dark."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from teahorse.common.ui.drawings import KINDS
from teahorse.common.ui.plots import County
from teahorse.common.ui.profile import Point

_MAKERS = (
    ("542225-hongxing", "加麻乡红星合作社", "རྒྱ་སྨན་དམར་སྐར་མཉམ་ལས།", "Hongxing cooperative, Gyaimain"),
    ("542225-dechen", "德庆村", "བདེ་ཆེན་གྲོང་ཚོ།", "Dechen village"),
    ("542225-jiangse", "江色合作社", "ལྕང་གསེར་མཉམ་ལས།", "Jiangse cooperative"),
    ("542225-sailong", "赛隆合作社", "གསེར་ལུང་མཉམ་ལས།", "Sailong cooperative"),
    ("540421-bahe", "巴河镇", "བ་ཧེ་གྲོང་རྡལ།", "Bahe town"),
    ("533401-deqen", "德钦县", "བདེ་ཆེན་རྫོང་།", "Deqen county"),
)
_GOODS: tuple[dict[str, Any], ...] = (
    {
        "kind": "carpet",
        "price_fen": 128000,
        "badges": (("地理标志", "info"),),
        "maker": 0,
        "zh": "加麻手工羊毛地毯 90 × 180 厘米",
        "bo": "རྒྱ་སྨན་ལག་བཟོའི་བལ་གདན།",
        "en": "Gyaimain hand-knotted carpet, 90 × 180 cm",
    },
    {
        "kind": "matsutake",
        "price_fen": 26800,
        "was_fen": 32800,
        "badges": (("当季", "season"),),
        "unit": "500 g",
        "maker": 4,
        "zh": "巴河鲜松茸 7 月采摘",
        "bo": "བ་ཧེའི་བེ་ཤིང་ཤ་མོ།",
        "en": "Fresh matsutake from Bahe",
    },
    {
        "kind": "wine",
        "price_fen": 6850,
        "maker": 2,
        "unit": "750 ml",
        "zh": "琼结青稞酒",
        "bo": "འཕྱོངས་རྒྱས་ནས་ཆང་།",
        "en": "Highland barley wine",
    },
    {
        "kind": "knife",
        "price_fen": 45800,
        "is_from": True,
        "maker": 1,
        "zh": "多吉手工藏刀",
        "bo": "རྡོ་རྗེ་བོད་གྲི།",
        "en": "Dorje wrought knife",
    },
    {"kind": "yoghurt", "price_fen": 1800, "maker": 3, "is_gone": True, "zh": "八扎意牦牛酸奶", "bo": "འབྲི་ཞོ།", "en": "Yak yoghurt"},
    {"kind": "yak-meat", "price_fen": 9900, "maker": 5, "unit": "400 g", "zh": "风干牦牛肉", "bo": "གཡག་ཤ་སྐམ་པོ།", "en": "Dried yak meat"},
    {"kind": "oil", "price_fen": 5200, "maker": 0, "zh": "雅砻阿佳菜籽油 2.5 升", "bo": "ཡར་ལུང་ཨ་ལྕེའི་པད་སྣུམ།", "en": "Colza oil, 2.5 l"},
    {"kind": "boots", "price_fen": 38000, "maker": 1, "zh": "达瓦卓玛藏靴", "bo": "ཟླ་བ་སྒྲོལ་མའི་བོད་ལྷམ།", "en": "Tibetan boots"},
)
_WAY = (
    Point(0, 3680, "琼结"),
    Point(28, 3560, "泽当"),
    Point(96, 3590),
    Point(152, 3650, "拉萨"),
    Point(222, 3780),
    Point(250, 5013, "米拉山口", is_pass=True),
    Point(300, 4180),
    Point(430, 3380, "巴河"),
    Point(552, 2990, "林芝"),
    Point(600, 4728, "色季拉山口", is_pass=True),
    Point(660, 3300),
    Point(760, 2750, "波密"),
    Point(890, 3860),
    Point(960, 4475, "安久拉山口", is_pass=True),
    Point(1060, 3260),
    Point(1110, 4658, "业拉山口", is_pass=True),
    Point(1200, 3900, "邦达"),
    Point(1300, 2600, "芒康"),
    Point(1420, 4412, "东达山口", is_pass=True),
    Point(1600, 2560),
    Point(1800, 1400, "雅安"),
    Point(1940, 500, "成都"),
)
_COUNTIES = (
    ("琼结", 29.03, 91.68, 980),
    ("乃东", 29.22, 91.76, 1500),
    ("城关", 29.65, 91.13, 5200),
    ("尼木", 29.43, 90.16, 420),
    ("江孜", 28.91, 89.6, 760),
    ("桑珠孜", 29.27, 88.88, 2100),
    ("巴宜", 29.65, 94.36, 1700),
    ("工布江达", 29.88, 93.25, 620),
    ("朗县", 29.05, 93.07, 300),
    ("波密", 29.86, 95.77, 410),
    ("卡若", 31.14, 97.17, 900),
    ("芒康", 29.68, 98.6, 240),
    ("色尼", 31.48, 92.05, 820),
    ("班戈", 31.39, 90.01, 110),
    ("措勤", 31.02, 85.16, 90),
    ("噶尔", 32.5, 80.1, 260),
    ("普兰", 30.29, 81.18, 0),
    ("定日", 28.66, 87.12, 140),
    ("亚东", 27.49, 88.9, 210),
    ("德钦", 28.49, 98.91, 700),
    ("香格里拉", 27.83, 99.7, 1300),
    ("维西", 27.18, 99.29, 330),
)


def catalogue(request: HttpRequest) -> HttpResponse:
    """Show the whole design system; ``?theme=dark`` or ``light`` overrules the browser."""
    language = str(getattr(request, "LANGUAGE_CODE", "zh-hans"))
    spoken = {"zh-hans": "zh", "bo": "bo"}.get(language, "en")
    place = {"zh": 1, "bo": 2, "en": 3}[spoken]
    goods = [
        {
            **{key: value for key, value in one.items() if key not in {"zh", "bo", "en", "maker"}},
            "href": "#goods",
            "name": one[spoken],
            "code": _MAKERS[one["maker"]][0],
            "origin": _MAKERS[one["maker"]][place],
        }
        for one in _GOODS
    ]
    context = {
        "theme": request.GET.get("theme", ""),
        "goods": goods,
        "makers": _MAKERS,
        "kinds": sorted(KINDS),
        "icons": _ICONS,
        "way": _WAY,
        "counties": [
            County(name=name, lat=lat, lon=lon, value=value, href="#map", is_chosen=name == "琼结") for name, lat, lon, value in _COUNTIES
        ],
        "line": [12, 14, 13, 18, 17, 22, 21, 27, 26, 31, 38, 36],
        "steps": [
            {"label": {"zh": "付款", "bo": "དངུལ་སྤྲོད།", "en": "Paid"}[spoken], "state": "done", "at": "11-18"},
            {"label": {"zh": "发货", "bo": "སྐྱེལ་བ།", "en": "Packed"}[spoken], "state": "done", "at": "11-19"},
            {"label": {"zh": "运输中", "bo": "ལམ་བར།", "en": "On its way"}[spoken], "state": "now"},
            {"label": {"zh": "收货", "bo": "ལེན་པ།", "en": "Received"}[spoken], "state": ""},
        ],
        "entries": [
            {"what": "已过米拉山口，正开往林芝", "at": "11-20 14:05", "state": "now", "note": "司机 次仁 · 138****0417"},
            {"what": "从拉萨分拨中心发出", "at": "11-20 09:30", "state": ""},
            {"what": "因道路结冰停留 2 小时", "at": "11-19 22:10", "state": "alarm"},
            {"what": "加麻乡服务站收下包裹", "at": "11-19 10:12", "state": ""},
        ],
        "lines": [
            {"label": "地毯 90 × 180", "fen": 128000, "note": "红星合作社得 116,480"},
            {"label": "运费", "fen": 3600, "note": "琼结 → 成都，1,940 公里"},
            {"label": "优惠", "fen": -5000, "is_less": True},
            {"label": "合计", "fen": 126600, "is_sum": True},
        ],
        "rows": [
            {"number": "2611-0417", "what": "地毯 × 1", "who": "陈*", "where": "成都", "fen": 126600, "tone": "warn", "state": "待发货"},
            {"number": "2611-0416", "what": "青稞酒 × 6", "who": "次*", "where": "拉萨", "fen": 41100, "tone": "good", "state": "已签收"},
            {"number": "2611-0409", "what": "鲜松茸 × 2", "who": "王**", "where": "上海", "fen": 53600, "tone": "alarm", "state": "超时"},
        ],
        "page": Paginator(range(240), 24).page(5),
        "nav": _NAV,
        "code_sample": mark_safe(_CODE),  # noqa: S308  # a constant
    }
    return render(request, "ui/catalogue.html", context)


_ICONS = (
    "home",
    "kinds",
    "scan",
    "cart",
    "me",
    "search",
    "back",
    "close",
    "check",
    "truck",
    "station",
    "village",
    "mountain",
    "clock",
    "share",
    "language",
    "filter",
    "plus",
    "minus",
    "warning",
    "recall",
    "star",
    "phone",
    "qr",
    "camera",
    "upload",
    "edit",
    "print",
    "more",
    "arrow",
    "down",
    "parcel",
    "info",
    "money",
    "chart",
    "people",
    "live",
    "question",
    "heart",
    "leaf",
    "lock",
    "sun",
    "forward",
)
_NAV = (
    {"href": "#orders", "label": "待发货", "icon": "parcel", "count": 12, "group": "卖货", "is_here": True},
    {"href": "#goods", "label": "商品", "icon": "kinds", "group": "卖货", "is_here": False},
    {"href": "#map", "label": "班次", "icon": "truck", "group": "物流", "is_here": False},
    {"href": "#numbers", "label": "统计", "icon": "chart", "group": "县中心", "is_here": False},
)
_CODE = (
    '<svg viewBox="0 0 21 21" shape-rendering="crispEdges" role="img" aria-label="QR"><path d="M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0z'
    "M9 1h2v2H9zM9 5h1v4h2V8h3v2h2v1h-4v2h-3v-1H9zM16 9h4v2h-2v2h-2zM9 15h3v2h2v-3h3v2h3v4h-3v-2h-2v3h-3v-2H9zM1 9h4v1h2v2H3v-1H1z"
    '"/><path fill="#fff" d="M1 1h5v5H1zM15 1h5v5h-5zM1 15h5v5H1z"/><path d="M2 2h3v3H2zM16 2h3v3h-3zM2 16h3v3H2z"/></svg>'
)
