"""The compose file and the example of its environment say the same as the settings."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
# Made up in docker-compose.yml from the two passwords, or set by the image.
MADE = {"DATABASE_URL", "REDIS_URL", "BUILD_VERSION", "BUILD_COMMIT"}
# For one machine only.
LOCAL = {"DEBUG", "CONSOLE_VAR"}


def read_by_settings() -> set[str]:
    """Return every variable that the settings read."""
    files = [ROOT / "config" / "env.py", *(ROOT / "config" / "settings").glob("*.py")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return set(re.findall(r"(?:env\.\w+|Env\(\)\.str|required)\(\s*\"([A-Z_]+)\"", text))


def test_the_example_names_every_variable():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    assert (
        read_by_settings() - set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) == set()
    )


def test_every_variable_reaches_the_containers():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

    for name in ("web", "worker", "beat", "migrate"):
        passed = set(compose["services"][name]["environment"])
        assert read_by_settings() - LOCAL - MADE - passed == set(), name


def test_what_uploads_can_fill_is_bounded():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

    assert compose["services"]["web"]["tmpfs"] == ["/tmp:size=1g"]
