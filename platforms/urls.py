"""Addresses of channels."""

from django.urls import path

from platforms import views

app_name = "platforms"
urlpatterns = [
    path("", views.channel_list, name="channel_list"),
    path("<uuid:channel_id>/", views.channel_detail, name="channel_detail"),
    path("<uuid:channel_id>/pause/", views.channel_pause, name="channel_pause"),
    path("<uuid:channel_id>/resume/", views.channel_resume, name="channel_resume"),
]
