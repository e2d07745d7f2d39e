"""The public bodies that use the console, and when they work."""

from datetime import date, time

from django.db import models
from django.db.models import F, Q

from accounts.enums import Nation, Weekday
from common.models import IdentifiedModel, TimeStampedModel


class Organisation(TimeStampedModel):
    """A public body. Everything else belongs to exactly one."""

    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=40)
    slug = models.SlugField(unique=True)
    nation = models.CharField(max_length=3, choices=Nation.choices, default=Nation.ENGLAND)
    guidelines_url = models.URLField(blank=True)
    accent = models.CharField(max_length=20, default="blue")

    def __str__(self) -> str:
        return self.short_name


class OfficeHours(IdentifiedModel):
    """One period of one weekday in which the organisation works (HMPPS-02, PPO-03)."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="office_hours"
    )
    weekday = models.SmallIntegerField(choices=Weekday.choices)
    opens_at = models.TimeField(default=time(9))
    closes_at = models.TimeField(default=time(17))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "weekday", "opens_at"], name="office_hours_once"
            ),
            models.CheckConstraint(
                name="office_hours_open_before_close", condition=Q(opens_at__lt=F("closes_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M} to {self.closes_at:%H:%M}"


class Closure(IdentifiedModel):
    """A day on which the organisation does not work beyond the bank holidays."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="closures"
    )
    closed_on = models.DateField()
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "closed_on"], name="closure_once")
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Closed'} on {date.isoformat(self.closed_on)}"
