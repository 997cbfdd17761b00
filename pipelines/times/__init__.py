"""The forms in which news pages write a moment."""
