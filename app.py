"""Starts the playground: `python app.py`. The entry of the Space as well."""

from playground.ui.app import launch

if __name__ == "__main__":
    launch()
