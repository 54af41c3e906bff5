"""Addresses of the donations' room."""

from django.urls import path

from donations import views

app_name = "donations"
urlpatterns = [
    path("donate/", views.donate, name="donate"),
    path("donate/<slug:fund>/", views.donate, name="donate_fund"),
]
