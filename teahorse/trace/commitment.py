"""
The commitment certificate of a lot on A6: what the maker vouches for, with the code that opens the lot's story.

Ministry of Agriculture and Rural Affairs, Order 2025 No. 4: it may be a QR code where the words 承诺达标合格证 are shown. Everything
that is printed comes as data; where it stands says ``commitment.typ``. Fonts are the machine's, as for waybills.
"""

import io
import json
from pathlib import Path

import segno
import typst

from teahorse.common.ui.band import band_svg
from teahorse.trace.models import Certificate

TEMPLATE = Path(__file__).with_name("commitment.typ")
WORDS = {
    "title": {"bo": "ཁས་ལེན་ཚད་ལྡན་འཛིན་ཤོག", "zh": "承诺达标合格证"},
    "product": {"bo": "ཐོན་རྫས།", "zh": "产品名称"},
    "lot": {"bo": "རྒྱ་ཨང་།", "zh": "批次"},
    "quantity": {"bo": "གྲངས་འབོར།", "zh": "数量（重量）"},
    "origin": {"bo": "ཐོན་ས།", "zh": "产地"},
    "made": {"bo": "ཐོན་ཚེས།", "zh": "生产日期"},
    "party": {"bo": "ཁས་ལེན་མཁན།", "zh": "承诺主体"},
    "contact": {"bo": "འབྲེལ་གཏུག", "zh": "联系方式"},
    "issued": {"bo": "སྤྲོད་ཚེས།", "zh": "开具日期"},
    "number": {"bo": "ཨང་གྲངས།", "zh": "编号"},
}
VOUCHES = (
    "不使用禁用农药兽药、停用兽药和非法添加物",
    "常规农药兽药残留不超标",
    "对承诺的真实性负责",
)
UNITS = {"": "件", "KGM": "千克", "GRM": "克", "LTR": "升", "MTR": "米"}


def commitment_pdf(certificate: Certificate, *, address: str) -> bytes:
    """Return a commitment certificate as a PDF, with a code that leads to ``address``."""
    inputs = {"data": json.dumps(printed(certificate, address=address), ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=inputs)
    return made if isinstance(made, bytes) else b"".join(made)


def printed(certificate: Certificate, *, address: str) -> dict[str, object]:
    """Return what stands on it, as it was frozen."""
    said, code = certificate.said, io.BytesIO()
    segno.make(address, error="m").save(code, kind="svg", border=0)
    quantity = f"{said['quantity']} {UNITS.get(said['unit'], said['unit'])}"
    facts = [
        ("product", said["product"]["zh"], said["product"]["bo"]),
        ("lot", said["lot"], ""),
        ("quantity", quantity, ""),
        ("origin", said["origin"]["zh"], said["origin"]["bo"]),
        ("made", said["made"], ""),
        ("party", said["party"]["zh"], said["party"]["bo"]),
        ("contact", said["contact"] or "—", ""),
        ("issued", certificate.issued_date.isoformat(), ""),
        ("number", certificate.number, ""),
    ]
    return {
        "words": WORDS,
        "facts": facts,
        "vouches": VOUCHES,
        "withdrawn": certificate.withdrawn_at is not None,
        "band": band_svg(certificate.holder.key, width=1200, height=24),
        "qr": code.getvalue().decode(),
    }
