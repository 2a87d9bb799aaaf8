"""The name that this browser's page had before: after a reload, or on a later visit, its run goes on.

The browser keeps it for each page, in the tab first and then for all tabs; the hub gives only what nobody
looks at any more. Knows no page.
"""

from __future__ import annotations

import re

import gradio as gr

from playground.ui.hub import Hub

# an expression: a function that gives the former name and sees to it that this one will be remembered
FORMER_JS = """() => {
  const key = 'playground-former:' + location.pathname;
  const read = (store) => { try { return window[store].getItem(key) || ''; } catch { return ''; } };
  const write = (store, name) => { try { window[store].setItem(key, name); } catch { /* not allowed */ } };
  const former = read('sessionStorage') || read('localStorage');
  window.addEventListener('pagehide', () => {
    const name = window.__gradio_session_hash__;
    if (name) ['sessionStorage', 'localStorage'].forEach((store) => write(store, name));
  });
  return former;
}"""
NAME = re.compile(r"[a-z0-9]{4,40}", re.ASCII)


def came_back(hub: Hub, name: str, former: object) -> bool:
    """Whether a run of a former name now goes on under this one. Anyone may send any name: it is checked."""
    return isinstance(former, str) and bool(NAME.fullmatch(former)) and hub.adopt(name, former)


def told_by(event: gr.EventData, name: str) -> object:
    """What an event says under a name; None where it says nothing, or nothing at all was sent with it."""
    data = getattr(event, "_data", None)
    return data.get(name) if isinstance(data, dict) else None
