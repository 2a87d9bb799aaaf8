"""The look of the page around the view: Gradio's theme, from the one palette. See also static/page.css."""

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
        input_border_width="1px",
        input_border_width_dark="1px",
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
