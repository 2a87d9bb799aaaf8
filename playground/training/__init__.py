"""Training face models from the command line: `python -m playground train`.

Loads torch only once a training begins, and never a page.
"""

from playground.training.options import Settings as Settings
from playground.training.options import add_arguments as add_arguments
from playground.training.options import train as train
