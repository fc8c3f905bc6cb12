"""Reading a request's JSON with WeChat's limits; every refusal is a PARAM_ERROR that names the field."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from sandbox.hosts import is_allowed_url
from sandbox.wechatpay.errors import wrong_field

OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
LARGEST_FEN = 100_000_000_000


class Fields:
    """A JSON object and where it stands in the body."""

    def __init__(self, values: Any, path: str = "") -> None:
        if not isinstance(values, dict):
            raise wrong_field(field=path or "/", issue="必须是JSON对象 (must be an object)")
        self.values: dict[str, Any] = values
        self.path = path

    @classmethod
    def parse(cls, body: bytes) -> Fields:
        """The body as an object; a repeated name is refused, because two readers could see two values."""
        try:
            values = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
            canonical(values).encode()  # half a surrogate pair is JSON, but no text that could be kept
        except (ValueError, RecursionError):
            raise wrong_field(field="/", issue="不是有效的JSON (not JSON)") from None
        return cls(values)

    def where(self, name: str) -> str:
        """The JSON pointer of a field."""
        return f"{self.path}/{name}"

    def text(self, name: str, *, longest: int, shortest: int = 1) -> str:
        """A string that must be there, counted in characters."""
        value = self.values.get(name)
        if value is None:
            raise wrong_field(field=self.where(name), issue="缺少必填参数 (missing)")
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise wrong_field(field=self.where(name), issue=f"必须是{shortest}到{longest}个字符 (length)", value=value)
        return value

    def optional_text(self, name: str, *, longest: int) -> str:
        """A string that may be missing; then empty."""
        return self.text(name, longest=longest, shortest=0) if self.values.get(name) is not None else ""

    def matching(self, name: str, pattern: re.Pattern[str], *, longest: int) -> str:
        """A string in a given form."""
        value = self.text(name, longest=longest)
        if not pattern.fullmatch(value):
            raise wrong_field(field=self.where(name), issue=f"格式错误，应符合 {pattern.pattern} (format)", value=value)
        return value

    def part(self, name: str) -> Fields:
        """An object that must be there."""
        if self.values.get(name) is None:
            raise wrong_field(field=self.where(name), issue="缺少必填参数 (missing)")
        return Fields(self.values[name], self.where(name))

    def parts(self, name: str, *, fewest: int, most: int) -> list[Fields]:
        """A list of objects."""
        value = self.values.get(name)
        if not isinstance(value, list) or not fewest <= len(value) <= most:
            raise wrong_field(field=self.where(name), issue=f"必须有{fewest}到{most}条 (count)")
        return [Fields(part, f"{self.where(name)}/{place}") for place, part in enumerate(value)]

    def fen(self, name: str) -> int:
        """A whole number of fen, at least one."""
        value = self.values.get(name)
        if value is None:
            raise wrong_field(field=self.where(name), issue="缺少必填参数 (missing)")
        if type(value) is not int or not 1 <= value <= LARGEST_FEN:
            raise wrong_field(field=self.where(name), issue="必须是不小于1的整数，单位为分 (whole fen, at least 1)", value=value)
        return value

    def flag(self, name: str, *, is_required: bool = False) -> bool:
        """True or false; a missing one is false unless it is required."""
        value = self.values.get(name)
        if value is None and not is_required:
            return False
        if type(value) is not bool:
            raise wrong_field(field=self.where(name), issue="必须是true或false (boolean)", value=value)
        return value

    def currency(self, *, is_required: bool = False) -> None:
        """The currency is CNY; WeChat takes CNY where none is given unless it is required."""
        value = self.values.get("currency")
        if value is None and not is_required:
            return
        if value != "CNY":
            raise wrong_field(field=self.where("currency"), issue="只支持CNY (only CNY)", value=value)

    def future(self, name: str, *, now: float) -> float | None:
        """A moment after now (RFC 3339 with an offset) as Unix seconds, or None if it is missing."""
        if self.values.get(name) is None:
            return None
        value = self.text(name, longest=64)
        try:
            moment = datetime.fromisoformat(value) if "T" in value else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise wrong_field(field=self.where(name), issue="不是rfc3339时间 (not an RFC 3339 time)", value=value)
        if moment.timestamp() <= now:
            raise wrong_field(field=self.where(name), issue="必须晚于当前时间 (must be in the future)", value=value)
        return moment.timestamp()

    def notify_url(self, *, is_required: bool) -> str:
        """Where to call back: an absolute address without a query, on a host that the sandbox may call."""
        if not is_required and self.values.get("notify_url") is None:
            return ""
        value = self.text("notify_url", longest=255)
        if "?" in value or "#" in value:
            raise wrong_field(field=self.where("notify_url"), issue="不能携带参数 (no query)", value=value)
        if not is_allowed_url(value):
            raise wrong_field(
                field=self.where("notify_url"),
                issue="沙箱只回调本机 (the sandbox calls this machine only)",
                value=value,
            )
        return value


def canonical(values: Any) -> str:
    """The same content always as the same text."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError(pairs)
    return values
