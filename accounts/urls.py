"""Addresses of signing in. There is no sign-up and no reset: administrators make accounts."""

from allauth.account.views import account_inactive, reauthenticate
from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/inactive/", account_inactive, name="account_inactive"),
    path("sign-in/confirm/", reauthenticate, name="account_reauthenticate"),
    path("organisation/", views.organisation_switch, name="organisation_switch"),
]
