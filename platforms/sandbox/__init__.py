"""A small social platform of its own, to moderate on without asking anybody.

A stranger to the product: it imports nothing of ours, and only a connector speaks to it, over HTTP.
`python -m platforms.sandbox` starts it. `store` holds what happened, `api` answers programs,
`pages` answers people, and `faults` makes it misbehave on demand.
"""
