"""Addresses of the members' room."""

from django.urls import path

from members import views

urlpatterns = [
    path("me/security/", views.security, name="security"),
    path("who/", views.who, name="who"),
    path("join/", views.join, name="join"),
    path("join/status/", views.join_status, name="join_status"),
]
