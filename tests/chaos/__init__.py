"""The whole console as real processes that are killed while comments travel through it."""
