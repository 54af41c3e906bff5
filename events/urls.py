"""Addresses of the events' room."""

from django.urls import path

from events import views

app_name = "events"
urlpatterns = [
    path("events/", views.event_list, name="events"),
    path("events/<slug:slug>/", views.event, name="event"),
]
