"""Files of comments, in the shapes that people really have, read row by row.

`source` opens the file (compression, encoding); `tables` and `objects` cut it into records with
their line numbers; `fields` says which column is what; `rows` turns a record into an item or a
rejection with a plain reason; `reader` puts these together. Nothing here knows the database.
"""

from platforms.importing.errors import UnreadableFile
from platforms.importing.fields import Field
from platforms.importing.layout import Layout
from platforms.importing.reader import Preview, Reading, preview
from platforms.importing.rows import Rejection, Row
from platforms.importing.source import Examination, Limits, examine

__all__ = [
    "Examination",
    "Field",
    "Layout",
    "Limits",
    "Preview",
    "Reading",
    "Rejection",
    "Row",
    "UnreadableFile",
    "examine",
    "preview",
]
