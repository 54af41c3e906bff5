"""Addresses of the members' room."""

from django.urls import path

from members import views

app_name = "members"
urlpatterns = [
    path("me/again/", views.again, name="again"),
    path("me/help/end/", views.assist_end, name="assist_end"),
    path("me/letters/", views.letters, name="letters"),
    path("me/security/", views.security, name="security"),
    path("me/security/passkey/", views.passkey, name="passkey"),
    path("me/security/password/", views.password, name="password"),
    path("me/profile/", views.profile, name="profile"),
    path("me/profile/email/", views.profile_email, name="profile_email"),
    path("me/profile/photo/", views.profile_photo, name="profile_photo"),
    path("me/profile/more/", views.profile_more, name="profile_more"),
    path("me/profile/<slug:part>/", views.profile_part, name="profile_part"),
    path("photo/<str:key>/", views.photo, name="photo"),
    path("me/directory/", views.my_listing, name="my_listing"),
    path("me/household/", views.household, name="household"),
    path("me/household/end/", views.household_part, name="household_part"),
    path("me/privacy/", views.privacy, name="privacy"),
    path("me/privacy/copy/", views.own_data, name="own_data"),
    path("me/privacy/copy/<str:token>/", views.own_data_file, name="own_data_file"),
    path("me/privacy/leave/", views.goodbye, name="goodbye"),
    path("me/notes/", views.notes, name="notes"),
    path("me/notes/<str:token>/", views.note, name="note"),
    path("directory/", views.directory, name="directory"),
    path("directory/<int:pk>/", views.person, name="person"),
    path("directory/<int:pk>/write/", views.write_note, name="write_note"),
    path("who/", views.who, name="who"),
    path("join/", views.join, name="join"),
    path("join/<int:step>/", views.join, name="join_step"),
    path("join/later/", views.join_later, name="join_later"),
    path("join/paper/", views.join_paper, name="join_paper"),
    path("join/form.pdf", views.blank_form, name="blank_form"),
    path("note/<str:token>/", views.answer_reference, name="answer_reference"),
    path("join/status/", views.join_status, name="join_status"),
]
