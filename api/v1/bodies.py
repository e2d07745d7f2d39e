"""Small bodies: strict about types and names, because a silent guess would decide something."""

from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """Text and nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers and truth values."""
        if not isinstance(data, str):
            message = "Must be text."
            raise serializers.ValidationError(message)
        return super().to_internal_value(data)


class Number(serializers.IntegerField):
    """A whole number, not text that holds one."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse text, fractions and truth values."""
        if type(data) is not int:
            message = "Must be a whole number."
            raise serializers.ValidationError(message)
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of a few words; the refusal lists them and does not repeat what was sent."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse anything else."""
        if not isinstance(data, str) or data not in self.choices:
            message = f"Must be one of {', '.join(map(str, self.choices))}."
            raise serializers.ValidationError(message)
        return data


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a mistyped name must not be a lost one."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the names, then the fields."""
        if not isinstance(data, dict):
            message = "The body must be an object."
            raise serializers.ValidationError({"": message})
        unknown = sorted(data.keys() - self.fields.keys())[:10]
        if unknown:
            raise serializers.ValidationError(
                {ascii(name[:40])[1:-1]: "There is no such field." for name in unknown}
            )
        return super().to_internal_value(data)
