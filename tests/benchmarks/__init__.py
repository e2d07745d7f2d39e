"""Measurements that can be repeated: each prints its floor beside its figure, from one run."""
