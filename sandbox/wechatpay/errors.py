"""WeChat's refusals: code, HTTP status, sentence and, where a field is at fault, its name."""

from __future__ import annotations

from typing import Any

STATUS = {
    "USER_PAYING": (202, "用户支付中，需要输入密码"),
    "APPID_MCHID_NOT_MATCH": (400, "AppID和mch_id不匹配"),
    "INVALID_REQUEST": (400, "无效请求"),
    "MCH_NOT_EXISTS": (400, "商户号不存在"),
    "ORDERPAID": (400, "该订单已支付"),
    "ORDER_CLOSED": (400, "订单已关闭"),
    "PARAM_ERROR": (400, "参数错误"),
    "SIGN_ERROR": (401, "错误的签名，验签失败"),
    "NO_AUTH": (403, "商户无权限"),
    "NO_STATEMENT_EXIST": (400, "账单文件不存在"),
    "STATEMENT_CREATING": (400, "账单生成中"),
    "RULE_LIMIT": (403, "分账金额超过最大分账比例"),
    "NOT_ENOUGH": (403, "余额不足"),
    "OUT_TRADE_NO_USED": (403, "商户订单号重复"),
    "ORDER_NOT_EXIST": (404, "订单不存在"),
    "RESOURCE_NOT_EXISTS": (404, "查询的资源不存在"),
    "FREQUENCY_LIMITED": (429, "频率超限"),
    "SYSTEM_ERROR": (500, "系统异常，请稍后重试"),
}


class Refusal(Exception):
    """An answer other than success, as WeChat words it."""

    def __init__(self, *, code: str, message: str = "", detail: dict[str, Any] | None = None) -> None:
        status, sentence = STATUS[code]
        super().__init__(f"{code}: {message or sentence}")
        self.status = status
        self.body: dict[str, Any] = {"code": code, "message": message or sentence}
        if detail:
            self.body["detail"] = detail


def wrong_field(*, field: str, issue: str, value: Any = None, location: str = "body") -> Refusal:
    """A PARAM_ERROR that names the field by its JSON pointer."""
    return Refusal(
        code="PARAM_ERROR",
        message=f"参数错误：{field} {issue}",
        detail={"field": field, "value": value, "issue": issue, "location": location},
    )
