"""What becomes of an article: one stage a file, in the order of `docs/architecture.md`'s table of stages."""
