"""Addresses of the billing room."""

from django.urls import path

from billing import intake
from billing.views import dues, gifts, payments

app_name = "billing"
urlpatterns = [
    path("me/membership/", dues.membership, name="membership"),
    path("me/membership/renewal/", dues.renewal, name="renewal"),
    path("me/membership/change/", dues.change_plan, name="change_plan"),
    path("me/membership/part/", payments.pay_part, name="pay_part"),
    path("me/membership/friend/", gifts.ask_friend, name="ask_friend"),
    path("me/membership/code/", gifts.use_code, name="use_code"),
    path("me/membership/card/", payments.card, name="card"),
    path("me/membership/card.pdf", payments.card_pdf, name="card_pdf"),
    path("me/payments/", payments.payments, name="payments"),
    path("me/payments/<str:reference>/receipt.pdf", payments.receipt_pdf, name="receipt_pdf"),
    path("give/membership/", gifts.give_membership, name="give_membership"),
    path("pay/for/<str:token>/", gifts.pay_for, name="pay_for"),
    path("pay/<str:reference>/card.pdf", gifts.gift_card_pdf, name="gift_card_pdf"),
    path("pay/<str:reference>/", payments.payment_result, name="payment_result"),
    path("stripe/webhook/<uuid:endpoint>/", intake.stripe_webhook, name="stripe_webhook"),
]
