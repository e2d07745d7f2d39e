"""Audit events are insert only (SXP-11): the database refuses to change or delete one."""

from django.db import migrations

from common.database import refuse_change


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        refuse_change("audit_auditevent"),
    ]
