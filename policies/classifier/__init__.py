"""A small model beside the rules: how likely each category is, and which words say so.

The model is optional. `load` answers None where its file or its packages are missing; rules that
ask for a score then say "unknown". Nothing here knows Django or a database.
"""

from policies.classifier.categories import CATEGORIES
from policies.classifier.model import Classifier, Score, Scores, load

__all__ = ["CATEGORIES", "Classifier", "Score", "Scores", "load"]
