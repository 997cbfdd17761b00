"""What securities are called, and where markup, text and the source name them."""
