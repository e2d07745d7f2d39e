"""Media mentions from a Google Alerts feed, Atom or RSS; read-only."""
