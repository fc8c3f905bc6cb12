"""The frame of the sandbox's pages: Chinese first, English under it, made for a phone; every value is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root{--page:#fbf7f0;--card:#fff;--text:#221b16;--soft:#6b5d50;--maroon:#8e2f24;--lake:#17707d;
--line:#e4d9c8;--juniper:#3c6e43;--alarm:#b3261e}
@media(prefers-color-scheme:dark){:root{--page:#1b1613;--card:#26201b;--text:#f3ebdd;--soft:#b9ab9a;
--maroon:#e58a78;--lake:#63c2ce;--line:#453a31;--juniper:#8cc495;--alarm:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:640px;margin:0 auto;padding:16px}main.wide{max-width:1200px}
h1{font-size:20px;margin:8px 0}small,.soft{color:var(--soft);font-size:13px}a{color:var(--lake)}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;margin:12px 0}
.sum{font-size:34px;font-variant-numeric:tabular-nums;text-align:center;margin:8px 0}
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 12px;margin:0}
dt{color:var(--soft)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
button{display:block;width:100%;min-height:44px;margin:8px 0;font:inherit;
border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--text);cursor:pointer}
button.pay{background:var(--maroon);border-color:var(--maroon);color:var(--page);font-weight:600}
button small{display:block;color:inherit;opacity:.75}
input,select,textarea{min-height:44px;font:inherit;width:100%;padding:4px 8px;
border:1px solid var(--line);border-radius:8px;background:var(--page);color:var(--text)}
input[type=checkbox]{width:20px;min-height:20px}label{display:block;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:15px}
td,th{border-bottom:1px solid var(--line);padding:6px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
details{overflow-wrap:anywhere}summary{padding:4px 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px;margin:4px 0}
.good{color:var(--juniper)}.bad{color:var(--alarm)}.code{font-size:26px;letter-spacing:.1em;font-variant-numeric:tabular-nums}
"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(title: str, body: str, *, refresh: int | None = None, wide: bool = False, status: int = 200) -> HTMLResponse:
    """A whole page around ready HTML; `refresh` reloads it every so many seconds."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return HTMLResponse(
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{again}<style>{STYLE}</style></head>'
        f'<body><main class="{"wide" if wide else ""}">{body}</main></body></html>',
        status_code=status,
        headers=HEADERS,
    )


def facts(pairs: Mapping[str, str]) -> str:
    """A list of names and values."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs.items()) + "</dl>"


def yuan(fen: int) -> str:
    """Whole fen as people read it."""
    return f"¥{fen // 100}.{fen % 100:02d}"
