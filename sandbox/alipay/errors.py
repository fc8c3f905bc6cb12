"""Alipay's refusals: always HTTP 200, a code of the gateway and a sub_code of the trade."""

from __future__ import annotations

CODES = {
    "isp.unknow-error": ("20000", "Service Currently Unavailable", "系统繁忙"),
    "aop.ACQ.SYSTEM_ERROR": ("20000", "Service Currently Unavailable", "系统错误"),
    "isv.invalid-signature": ("40002", "Invalid Arguments", "无效签名"),
    "isv.invalid-app-id": ("40002", "Invalid Arguments", "无效的AppID参数"),
    "isv.invalid-method": ("40002", "Invalid Arguments", "不存在的方法名"),
    "isv.invalid-timestamp": ("40002", "Invalid Arguments", "无效的时间戳参数"),
    "isv.missing-signature": ("40001", "Missing Required Arguments", "缺少签名参数"),
    "isv.insufficient-isv-permissions": ("40006", "Insufficient Permissions", "ISV权限不足"),
    "ACQ.SYSTEM_ERROR": ("40004", "Business Failed", "系统错误"),
    "ACQ.INVALID_PARAMETER": ("40004", "Business Failed", "参数无效"),
    "ACQ.TRADE_NOT_EXIST": ("40004", "Business Failed", "交易不存在"),
    "ACQ.TRADE_HAS_SUCCESS": ("40004", "Business Failed", "交易已被支付"),
    "ACQ.TRADE_HAS_CLOSE": ("40004", "Business Failed", "交易已经关闭"),
    "ACQ.TRADE_STATUS_ERROR": ("40004", "Business Failed", "交易状态不合法"),
    "ACQ.REASON_TRADE_STATUS_INVALID": ("40004", "Business Failed", "交易状态异常"),
    "ACQ.CONTEXT_INCONSISTENT": ("40004", "Business Failed", "交易信息被篡改"),
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": ("40004", "Business Failed", "退款金额超限"),
    "ACQ.DISCORDANT_REPEAT_REQUEST": ("40004", "Business Failed", "请求不一致"),
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": ("40004", "Business Failed", "卖家余额不足"),
    "ACQ.TRADE_NOT_ALLOW_REFUND": ("40004", "Business Failed", "当前交易不允许退款"),
    "isp.bill_not_exist": ("40004", "Business Failed", "账单不存在"),
}


class Refusal(Exception):
    """An answer other than success, as Alipay words it."""

    def __init__(self, *, code: str, message: str = "") -> None:
        number, msg, sentence = CODES[code]
        super().__init__(f"{code}: {message or sentence}")
        self.body = {"code": number, "msg": msg, "sub_code": code, "sub_msg": message or sentence}
