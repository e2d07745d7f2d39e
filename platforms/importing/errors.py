"""What is wrong with a file as a whole, in a sentence for the person who chose it."""

from common.errors import DomainError


class UnreadableFile(DomainError):
    """The file, or what was said about its columns, cannot be worked with."""

    code = "unreadable_file"
