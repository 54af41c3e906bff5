"""Addresses of the members' room."""

from django.urls import path

from members import views

urlpatterns = [
    path("me/again/", views.again, name="again"),
    path("me/help/end/", views.assist_end, name="assist_end"),
    path("me/letters/", views.letters, name="letters"),
    path("me/security/", views.security, name="security"),
    path("who/", views.who, name="who"),
    path("join/", views.join, name="join"),
    path("join/<int:step>/", views.join, name="join_step"),
    path("join/later/", views.join_later, name="join_later"),
    path("join/paper/", views.join_paper, name="join_paper"),
    path("join/form.pdf", views.blank_form, name="blank_form"),
    path("note/<str:token>/", views.answer_reference, name="answer_reference"),
    path("join/status/", views.join_status, name="join_status"),
]
