"""Bodies taken apart and written again: what a body may hold, and what of it is the article."""
