"""Fields that most rows share."""

from django.db import models

from common.ids import uuid7


class IdentifiedModel(models.Model):
    """A row named by a UUID that sorts by time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class TimeStampedModel(IdentifiedModel):
    """A row that also says when it was made and last changed."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
