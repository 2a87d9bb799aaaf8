"""The load proof: many visitors of one server on loopback, and what they saw.

`python tools/load --visitors 50 --minutes 30` starts the app in a process of its own, lets visitors play,
step, upload and leave, and says how fast it answered and what went wrong. Knows the app by its pages alone.
"""
