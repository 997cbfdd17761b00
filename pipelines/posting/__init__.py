"""Post files: the front matter, the forms, what makes text harmless in them, and writing them."""
