"""Addresses of queues, cases, authors, imports and the status page."""

from django.urls import path

from moderation.views import (
    authors,
    backtests,
    cases,
    imports,
    quality,
    queues,
    shadow,
    status,
    version_effects,
)

app_name = "moderation"
urlpatterns = [
    path("", queues.home, name="home"),
    path("queues/", queues.queue_list, name="queue_list"),
    path("queues/<uuid:queue_id>/", queues.queue_detail, name="queue_detail"),
    path("queues/<uuid:queue_id>/news/", queues.queue_news, name="queue_news"),
    path("queues/<uuid:queue_id>/claim/", queues.queue_claim, name="queue_claim"),
    path("cases/<uuid:case_id>/", cases.case_detail, name="case_detail"),
    path("cases/<uuid:case_id>/actions/", cases.case_actions, name="case_actions"),
    path("cases/<uuid:case_id>/claim/", cases.case_claim, name="case_claim"),
    path("cases/<uuid:case_id>/release/", cases.case_release, name="case_release"),
    path("cases/<uuid:case_id>/escalation/", cases.case_escalate, name="case_escalate"),
    path("cases/<uuid:case_id>/decision/", cases.case_decide, name="case_decide"),
    path("cases/<uuid:case_id>/reversal/", cases.case_reverse, name="case_reverse"),
    path("cases/<uuid:case_id>/reopening/", cases.case_reopen, name="case_reopen"),
    path("authors/<uuid:author_id>/", authors.author_detail, name="author_detail"),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/<str:token>/", imports.import_preview, name="import_preview"),
    path("imports/<uuid:run_id>/", imports.import_detail, name="import_detail"),
    path("imports/<uuid:run_id>/rejected.csv", imports.import_rejected, name="import_rejected"),
    path("imports/<uuid:run_id>/resume/", imports.import_resume, name="import_resume"),
    path("rules/<uuid:version_id>/backtests/", backtests.backtest_list, name="backtest_list"),
    path(
        "rules/<uuid:version_id>/backtests/start/",
        backtests.backtest_start,
        name="backtest_start",
    ),
    path(
        "rules/<uuid:version_id>/backtests/measures/",
        backtests.measures_change,
        name="measures_change",
    ),
    path("rules/backtests/<uuid:backtest_id>/", backtests.backtest_detail, name="backtest_detail"),
    path(
        "rules/backtests/<uuid:backtest_id>/cancel/",
        backtests.backtest_cancel,
        name="backtest_cancel",
    ),
    path("rules/<uuid:version_id>/shadow/", shadow.shadow_detail, name="shadow_detail"),
    path("rules/<uuid:version_id>/shadow/start/", shadow.shadow_start, name="shadow_start"),
    path("rules/<uuid:version_id>/shadow/stop/", shadow.shadow_stop, name="shadow_stop"),
    path(
        "rules/<uuid:version_id>/quality/", quality.quality_of_version, name="quality_of_version"
    ),
    path("rules/quality/<uuid:rule_set_id>/", quality.quality_detail, name="quality_detail"),
    path("rules/quality/<uuid:rule_set_id>/sample/", quality.sample_draw, name="sample_draw"),
    path("rules/quality/<uuid:rule_set_id>/labels/", quality.label_next, name="label_next"),
    path(
        "rules/<uuid:version_id>/effects/",
        version_effects.version_effects,
        name="version_effects",
    ),
    path(
        "rules/<uuid:version_id>/effects/undo/",
        version_effects.version_undo,
        name="version_undo",
    ),
    path(
        "rules/<uuid:version_id>/judging-again/",
        version_effects.rejudge_start,
        name="rejudge_start",
    ),
    path("undoing/<uuid:undo_id>/", version_effects.undo_detail, name="undo_detail"),
    path("undoing/<uuid:undo_id>/stop/", version_effects.undo_cancel, name="undo_cancel"),
    path(
        "judging-again/<uuid:rejudging_id>/", version_effects.rejudge_detail, name="rejudge_detail"
    ),
    path(
        "judging-again/<uuid:rejudging_id>/stop/",
        version_effects.rejudge_cancel,
        name="rejudge_cancel",
    ),
    path("status/", status.status, name="status"),
    path("status/actions/<uuid:message_id>/", status.delivery_replay, name="delivery_replay"),
    path("status/events/<uuid:event_id>/", status.event_retry, name="event_retry"),
]
