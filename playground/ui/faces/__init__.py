"""Page 2, Faces: one module for each tab, the page that holds them, and the endpoints for programs."""
