"""Labels never change; backtests, shadow runs and samples point at nothing of another organisation."""

from django.db import migrations

from common.database import Reference, fence_organisations, refuse_change


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_knowing_before_doing")]

    operations = [
        refuse_change("moderation_label"),
        fence_organisations(
            Reference("moderation_backtest", "version_id", "policies_rulesetversion"),
            Reference("moderation_backtest", "baseline_id", "policies_rulesetversion"),
            Reference("moderation_backtestchunk", "backtest_id", "moderation_backtest"),
            Reference("moderation_shadowrun", "version_id", "policies_rulesetversion"),
            Reference("moderation_shadowtally", "run_id", "moderation_shadowrun"),
            Reference("moderation_shadowtally", "channel_id", "platforms_channel"),
            Reference("moderation_shadowdifference", "run_id", "moderation_shadowrun"),
            Reference("moderation_shadowdifference", "revision_id", "moderation_contentrevision"),
            Reference("moderation_shadowdifference", "channel_id", "platforms_channel"),
            Reference("moderation_sample", "rule_set_id", "policies_ruleset"),
            Reference("moderation_sample", "version_id", "policies_rulesetversion"),
            Reference("moderation_sampleditem", "sample_id", "moderation_sample"),
            Reference("moderation_sampleditem", "revision_id", "moderation_contentrevision"),
            Reference("moderation_label", "sample_id", "moderation_sample"),
            Reference("moderation_label", "revision_id", "moderation_contentrevision"),
        ),
    ]
