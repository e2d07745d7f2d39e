"""Addresses of rule sets."""

from django.urls import path

from policies.views import rulesets

app_name = "policies"
urlpatterns = [
    path("", rulesets.ruleset_list, name="ruleset_list"),
    path("<uuid:version_id>/", rulesets.ruleset_detail, name="ruleset_detail"),
]
