"""The look of the page around the view: Gradio's theme and style sheet, from the one palette."""

from __future__ import annotations

import gradio as gr

from playground.figures.palette import DARK, LIGHT

SYSTEM_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]


def theme() -> gr.themes.Base:
    """A quiet page: system font, hairlines, one accent for Step."""
    base = gr.themes.Base(
        font=SYSTEM_FONT,
        font_mono=["ui-monospace", "Consolas", "monospace"],
        text_size=gr.themes.sizes.text_sm,
        spacing_size=gr.themes.sizes.spacing_sm,
        radius_size=gr.themes.sizes.radius_sm,
    )
    return base.set(
        body_background_fill=LIGHT.background,
        body_background_fill_dark=DARK.background,
        background_fill_primary=LIGHT.background,
        background_fill_primary_dark=DARK.background,
        background_fill_secondary=LIGHT.background,
        background_fill_secondary_dark=DARK.background,
        body_text_color=LIGHT.ink,
        body_text_color_dark=DARK.ink,
        body_text_color_subdued=LIGHT.muted,
        body_text_color_subdued_dark=DARK.muted,
        border_color_primary=LIGHT.hairline,
        border_color_primary_dark=DARK.hairline,
        block_background_fill=LIGHT.background,
        block_background_fill_dark=DARK.background,
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        block_label_text_color=LIGHT.ink,
        block_label_text_color_dark=DARK.ink,
        block_title_text_color=LIGHT.ink,
        block_title_text_color_dark=DARK.ink,
        block_title_text_weight="500",
        block_info_text_color=LIGHT.muted,
        block_info_text_color_dark=DARK.muted,
        input_background_fill=LIGHT.background,
        input_background_fill_dark=DARK.background,
        input_border_color=LIGHT.hairline,
        input_border_color_dark=DARK.hairline,
        slider_color=LIGHT.muted,
        slider_color_dark=DARK.muted,
        button_primary_background_fill=LIGHT.accent,
        button_primary_background_fill_hover="#a93d08",
        button_primary_background_fill_dark=DARK.accent,
        button_primary_background_fill_hover_dark="#ffb083",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark=DARK.background,
        button_primary_border_color=LIGHT.accent,
        button_primary_border_color_dark=DARK.accent,
        button_secondary_background_fill=LIGHT.background,
        button_secondary_background_fill_dark=DARK.background,
        button_secondary_background_fill_hover="#f3f4f6",
        button_secondary_background_fill_hover_dark="#20252c",
        button_secondary_text_color=LIGHT.ink,
        button_secondary_text_color_dark=DARK.ink,
        button_secondary_border_color=LIGHT.hairline,
        button_secondary_border_color_dark=DARK.hairline,
        checkbox_background_color_selected=LIGHT.ink,
        checkbox_background_color_selected_dark=DARK.muted,
        checkbox_border_color_selected=LIGHT.ink,
        checkbox_border_color_selected_dark=DARK.muted,
        color_accent=LIGHT.ink,
        color_accent_soft=LIGHT.hairline,
        color_accent_soft_dark=DARK.hairline,
    )


CSS = """
:root { --lab-page-chrome: 176px; }
.gradio-container { max-width: none !important; padding: 0 28px !important; }
.gradio-container > main, .gradio-container main.fillable { padding: 0 !important; max-width: none !important; }
footer { display: none !important; }
#page-head { padding: 12px 0 6px; }
#page-head .top { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 16px; }
#page-head h1 { font-size: 20px; font-weight: 650; margin: 0; line-height: 1.3; }
#page-head p { margin: 0; color: var(--lab-muted); font-size: 14px; }
#body { gap: 28px; align-items: flex-start; flex-wrap: nowrap; }
#panel {
  flex: 0 0 252px !important; min-width: 252px !important; max-width: 252px;
  height: calc(100svh - var(--lab-page-chrome) + 20px);
  overflow: hidden auto; scrollbar-width: thin; padding-right: 12px; gap: 12px; flex-wrap: nowrap;
}
#panel > * { flex-shrink: 0; }
#panel .accordion, #panel .block:has(> .label-wrap) { border-top: 1px solid var(--lab-hairline) !important; border-radius: 0; padding-top: 8px; }
#panel .form { border: 0; box-shadow: none; background: none; gap: 12px; }
#panel .label-wrap { font-weight: 600; font-size: 14px; }
#panel .label-wrap.open { margin-bottom: 8px; }
#panel [data-testid='block-info'] { font-size: 13px; margin-bottom: 2px; }
#panel .story, #panel .story p { font-size: 13px; line-height: 1.45; color: var(--lab-muted); margin: 0; }
#panel .equation { font-size: 12px; overflow: hidden auto; color: var(--lab-muted); }
#panel .equation p { margin: 0 0 4px; }
#panel .equation .katex { font-size: 1.02em; }
#panel .equation .katex-display { margin: 2px 0 6px; overflow: auto hidden; scrollbar-width: thin; text-align: left; }
#panel .equation .katex-display > .katex { text-align: left; }
.targets { display: grid; grid-template-columns: repeat(4, 1fr); gap: 4px; }
.targets button {
  display: block; padding: 3px; margin: 0; border: 1px solid transparent; border-radius: 4px; background: none;
  color: var(--lab-muted); font: inherit; font-size: 10.5px; line-height: 1.15; cursor: pointer; text-align: center;
}
.targets button:hover { border-color: var(--lab-hairline); }
.targets button[aria-pressed='true'] { border-color: var(--lab-ink); color: var(--lab-ink); }
.targets button:focus-visible { outline: 2px solid var(--lab-accent); outline-offset: 1px; }
.targets svg { display: block; width: 100%; height: auto; }
#transport {
  position: sticky; bottom: 0; z-index: 20; background: var(--lab-background); gap: 8px;
  border-top: 1px solid var(--lab-hairline); padding: 8px 0 10px; margin-top: 6px;
}
#buttons { gap: 8px; align-items: center; flex-wrap: wrap; }
#buttons > * { flex: 0 0 auto !important; min-width: 0 !important; }
#buttons button { min-width: 84px; height: 36px; padding: 0 14px; font-size: 14px; font-weight: 500; border: 1px solid var(--lab-hairline); }
#buttons #step { min-width: 120px; font-weight: 650; border-color: var(--lab-accent); }
#buttons button:focus-visible { outline: 2px solid var(--lab-accent); outline-offset: 2px; }
#buttons .gap { width: 10px; }
#speed { width: 216px !important; }
#speed .wrap, #speed .wrap-inner { height: 36px; }
#speed > label, #speed .container { display: flex; flex-direction: row; align-items: center; gap: 8px; }
#speed [data-testid='block-info'] { margin: 0; white-space: nowrap; color: var(--lab-muted); font-weight: 400; }
#error p { margin: 0; }
.visitor-error { color: var(--lab-accent); font-weight: 600; font-size: 14px; line-height: 1.4; }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 18px; align-items: center; font-size: 13px; }
.bar input { width: 100%; margin: 0; accent-color: var(--lab-muted); height: 20px; }
.bar output { font-variant-numeric: tabular-nums; min-width: 13em; text-align: right; white-space: nowrap; }
.bar .where { color: var(--lab-muted); font-variant-numeric: tabular-nums; grid-column: 1 / -1; font-size: 12px; }
#take button { font-weight: 400; }
#view-column { min-width: 0 !important; }
@media (max-width: 900px) {
  .gradio-container { padding: 0 14px !important; }
  #body { flex-direction: column-reverse; gap: 18px; align-items: stretch; }
  #panel { flex: 1 1 auto !important; max-width: none; width: 100%; height: auto; overflow: visible; padding: 0; }
  #buttons { gap: 6px; }
  #buttons button { min-width: 62px; padding: 0 8px; flex: 1 1 auto; }
  #buttons #step { min-width: 84px; }
  .targets { grid-template-columns: repeat(6, 1fr); }
  .bar output { min-width: 9em; }
}
"""
