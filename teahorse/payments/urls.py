"""Addresses below ``/payments/``."""

from django.urls import path

from teahorse.payments import views

app_name = "payments"
urlpatterns = [
    path("wechat_pay/notify", views.wechat_pay_notify, name="wechat_pay_notify"),
    path("alipay/notify", views.alipay_notify, name="alipay_notify"),
]
