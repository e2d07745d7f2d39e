"""Rule sets, drafts and trials as pages show them."""
