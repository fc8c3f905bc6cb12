"""The addresses of the workbench, below ``/console/``; the second step is the organisation for which one works."""

from django.urls import path

from teahorse.console.views import approving, cash, choosing, day, desk, goods, harvests, importing, members, parcels, shipping, stocking

app_name = "console"

urlpatterns = [
    path("", choosing.choose, name="choose"),
    path("<slug:org>/day/", day.day, name="day"),
    path("<slug:org>/day/live/", day.live, name="day_live"),
    path("<slug:org>/day/read/", day.read, name="day_read"),
    path("<slug:org>/ship/", shipping.ship, name="ship"),
    path("<slug:org>/ship/pick/", shipping.pick, name="pick"),
    path("<slug:org>/ship/pack/", shipping.pack, name="pack"),
    path("<slug:org>/ship/packed/", shipping.packed, name="packed"),
    path("<slug:org>/ship/waybills/", shipping.waybills, name="waybills"),
    path("<slug:org>/ship/<key:order_id>/", shipping.order, name="order"),
    path("<slug:org>/goods/", goods.goods, name="goods"),
    path("<slug:org>/goods/new/", goods.new, name="new"),
    path("<slug:org>/goods/<key:draft_id>/edit/", goods.edit, name="edit"),
    path("<slug:org>/goods/<key:draft_id>/preview/", goods.preview, name="preview"),
    path("<slug:org>/goods/<key:draft_id>/take-back/", goods.take_back, name="take_back"),
    path("<slug:org>/goods/<key:draft_id>/drop/", goods.drop, name="drop"),
    path("<slug:org>/goods/<key:product_id>/change/", goods.change, name="change"),
    path("<slug:org>/goods/<key:product_id>/shelve/", goods.shelve, name="shelve"),
    path("<slug:org>/goods/<key:product_id>/stock/", stocking.shelf, name="stock"),
    path("<slug:org>/harvests/", harvests.harvests, name="harvests"),
    path("<slug:org>/harvests/new/", harvests.new, name="harvest_new"),
    path("<slug:org>/harvests/late/", harvests.late, name="late_harvests"),
    path("<slug:org>/harvests/<key:sale_id>/", harvests.harvest, name="harvest"),
    path("<slug:org>/import/", importing.upload, name="import"),
    path("<slug:org>/import/confirm/", importing.confirm, name="import_confirm"),
    path("<slug:org>/import/template/", importing.template, name="import_template"),
    path("<slug:org>/approvals/", approving.queue, name="approvals"),
    path("<slug:org>/approvals/<key:draft_id>/", approving.review, name="review"),
    path("<slug:org>/desk/", desk.search, name="desk"),
    path("<slug:org>/desk/<key:order_id>/", desk.order, name="desk_order"),
    path("<slug:org>/parcels/", parcels.counter, name="parcels"),
    path("<slug:org>/parcels/scan/", parcels.scan, name="scan"),
    path("<slug:org>/parcels/<key:parcel_id>/", parcels.parcel, name="parcel"),
    path("<slug:org>/cash/", cash.find, name="cash"),
    path("<slug:org>/cash/<key:group_id>/take/", cash.take, name="cash_take"),
    path("<slug:org>/cash/<key:refund_id>/give-back/", cash.give_back, name="cash_give_back"),
    path("<slug:org>/cash/<key:subject_id>/receipt/", cash.receipt, name="receipt"),
    path("<slug:org>/members/", members.members, name="members"),
    path("<slug:org>/members/<key:membership_id>/end/", members.end, name="member_end"),
    path("<slug:org>/members/grants/<key:grant_id>/end/", members.end_grant, name="grant_end"),
    path("<slug:org>/members/tokens/", members.issue, name="token_issue"),
    path("<slug:org>/members/tokens/shown/", members.shown, name="token_shown"),
    path("<slug:org>/members/tokens/<key:token_id>/revoke/", members.revoke, name="token_revoke"),
]
