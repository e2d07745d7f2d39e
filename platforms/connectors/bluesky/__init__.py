"""Bluesky, over the AT Protocol: `client` speaks HTTP, `normalise` reads posts, `connector` acts."""
