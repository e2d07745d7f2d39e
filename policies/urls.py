"""Addresses of rule sets, their versions, rules and lists."""

from django.urls import path

from policies.views import editing, life, lists, rulesets, trying

app_name = "policies"
urlpatterns = [
    path("", rulesets.ruleset_list, name="ruleset_list"),
    path("import/", trying.ruleset_import, name="ruleset_import"),
    path("<uuid:version_id>/", rulesets.ruleset_detail, name="ruleset_detail"),
    path("<uuid:version_id>/try/", trying.version_try, name="version_try"),
    path("<uuid:version_id>/compare/", trying.version_compare, name="version_compare"),
    path("<uuid:version_id>/export/", trying.version_export, name="version_export"),
    # Its life, step by step.
    path("<uuid:version_id>/copy/", life.version_copy, name="version_copy"),
    path("<uuid:version_id>/submit/", life.version_submit, name="version_submit"),
    path("<uuid:version_id>/withdraw/", life.version_withdraw, name="version_withdraw"),
    path("<uuid:version_id>/discard/", life.version_discard, name="version_discard"),
    path("<uuid:version_id>/return/", life.version_return, name="version_return"),
    path("<uuid:version_id>/approve/", life.version_approve, name="version_approve"),
    path("<uuid:version_id>/publish/", life.version_publish, name="version_publish"),
    path("<uuid:version_id>/unschedule/", life.version_unschedule, name="version_unschedule"),
    path("<uuid:version_id>/retire/", life.version_retire, name="version_retire"),
    path("<uuid:version_id>/review/", life.version_review, name="version_review"),
    path("<uuid:version_id>/owner/", life.version_owner, name="version_owner"),
    path("<uuid:version_id>/comment/", life.version_comment, name="version_comment"),
    # What is in it.
    path("<uuid:version_id>/rules/new/", editing.rule_new, name="rule_new"),
    path("<uuid:version_id>/rules/edit/<str:rule_key>/", editing.rule_edit, name="rule_edit"),
    path(
        "<uuid:version_id>/rules/remove/<str:rule_key>/", editing.rule_remove, name="rule_remove"
    ),
    path("<uuid:version_id>/lists/", lists.list_list, name="list_list"),
    path("<uuid:version_id>/lists/<str:section>/new/", lists.list_new, name="list_new"),
    path(
        "<uuid:version_id>/lists/<str:section>/show/<str:list_key>/",
        lists.list_detail,
        name="list_detail",
    ),
    path(
        "<uuid:version_id>/lists/<str:section>/save/<str:list_key>/",
        lists.list_save,
        name="list_save",
    ),
    path(
        "<uuid:version_id>/lists/<str:section>/remove/<str:list_key>/",
        lists.list_remove,
        name="list_remove",
    ),
    path(
        "<uuid:version_id>/lists/<str:section>/term/<str:list_key>/",
        lists.term_edit,
        name="term_edit",
    ),
]
