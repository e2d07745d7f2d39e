"""Version 1: its contents page."""

from django.urls import URLPattern, include, path

from api.v1 import cases, channels, content, decisions, describe, policies, reports

addresses: list[URLPattern] = [
    path("content/", content.ContentFile.as_view(), name="content-file"),
    path("content/<uuid:pk>/", content.ContentDetail.as_view(), name="content"),
    path("reports/", reports.ReportFile.as_view(), name="report-file"),
    path("cases/", cases.CaseList.as_view(), name="cases"),
    path("cases/<uuid:pk>/", cases.CaseDetail.as_view(), name="case"),
    path("cases/<uuid:pk>/decision/", decisions.CaseDecision.as_view(), name="case-decision"),
    path("decisions/<uuid:pk>/", decisions.DecisionDetail.as_view(), name="decision"),
    path(
        "decisions/<uuid:pk>/reversal/",
        decisions.DecisionReversal.as_view(),
        name="decision-reversal",
    ),
    path("clauses/", policies.ClauseList.as_view(), name="clauses"),
    path("rule-sets/", policies.RuleSetList.as_view(), name="rule-sets"),
    path("channels/", channels.ChannelList.as_view(), name="channels"),
    path("queues/", cases.QueueList.as_view(), name="queues"),
]

# What the description describes.
resources = [path("api/v1/", include(addresses))]

urlpatterns = [
    *addresses,
    # A forgotten last slash is forgiven: a redirect would lose the body of a POST.
    *(path(str(address.pattern).removesuffix("/"), address.callback) for address in addresses),
    path("openapi.json", describe.JsonDescription.as_view(), name="openapi-json"),
    path("openapi.yaml", describe.YamlDescription.as_view(), name="openapi-yaml"),
    path("docs/", describe.docs, name="docs"),
]
