"""Addresses of the billing room."""

from django.urls import path

from billing import intake, views

urlpatterns = [
    path("me/membership/", views.membership, name="membership"),
    path("me/membership/renewal/", views.renewal, name="renewal"),
    path("me/membership/change/", views.change_plan, name="change_plan"),
    path("me/membership/part/", views.pay_part, name="pay_part"),
    path("me/membership/friend/", views.ask_friend, name="ask_friend"),
    path("me/membership/code/", views.use_code, name="use_code"),
    path("me/membership/card/", views.card, name="card"),
    path("me/membership/card.pdf", views.card_pdf, name="card_pdf"),
    path("me/payments/", views.payments, name="payments"),
    path("me/payments/<str:reference>/receipt.pdf", views.receipt_pdf, name="receipt_pdf"),
    path("give/membership/", views.give_membership, name="give_membership"),
    path("pay/for/<str:token>/", views.pay_for, name="pay_for"),
    path("pay/<str:reference>/card.pdf", views.gift_card_pdf, name="gift_card_pdf"),
    path("pay/<str:reference>/", views.payment_result, name="payment_result"),
    path("stripe/webhook/<uuid:endpoint>/", intake.stripe_webhook, name="stripe_webhook"),
]
