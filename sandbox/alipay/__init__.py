"""Alipay's open platform: page, wap and code payments, refunds, notifications, bills; signatures are RSA2 throughout."""
