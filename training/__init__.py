"""Train the classifier offline. Nothing in the product imports this package."""
