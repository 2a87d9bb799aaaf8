"""Page 3, Lessons: one file for the page, one for its words."""
