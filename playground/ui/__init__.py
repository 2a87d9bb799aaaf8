"""The page. The only part that knows Gradio."""
