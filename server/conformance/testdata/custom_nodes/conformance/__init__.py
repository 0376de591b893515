"""Nodes for the conformance tests: they need no models and behave as they are told."""

import io
import time
import types

import comfy.model_management
import comfy.utils
import torch
from comfy_extras.nodes_images import SVG
from PIL import Image


class ConformancePaint:
    """Paints plain pictures slowly, with progress and previews, or fails half-way."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "text": ("STRING", {"multiline": True}),
                "seed": ("INT", {"default": 0, "min": 0, "max": 0xFFFFFFFFFFFFFFFF}),
                "seconds": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 600.0, "step": 0.1}),
                "steps": ("INT", {"default": 10, "min": 1, "max": 1000}),
                "batch": ("INT", {"default": 1, "min": 1, "max": 16}),
                "size": ("INT", {"default": 64, "min": 16, "max": 1024, "step": 16}),
                "outcome": (["paint", "fail", "refuse", "hang"],),
            },
            "optional": {
                "caption": ("STRING", {"default": ""}),
                "inverted": ("BOOLEAN", {"default": False}),
                "border": ("INT", {"default": 64, "min": 32, "max": 512}),
            },
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "paint"
    CATEGORY = "conformance"

    @classmethod
    def VALIDATE_INPUTS(cls, outcome):
        return "the canvas hangs upside down" if outcome == "refuse" else True

    def paint(self, text, seed, seconds, steps, batch, size, outcome, caption="", inverted=False, border=64):
        colour = tuple((seed >> shift) & 0xFF for shift in (0, 8, 16))
        progress = comfy.utils.ProgressBar(steps)
        for step in range(steps):
            comfy.model_management.throw_exception_if_processing_interrupted()
            if outcome == "fail" and step >= steps // 2:
                raise ValueError("the paint ran out")
            time.sleep(600 if outcome == "hang" else seconds / steps)
            progress.update_absolute(step + 1, steps, ("JPEG", Image.new("RGB", (size, size), colour), 512))
        picture = torch.tensor(colour, dtype=torch.float32) / 255
        pictures = picture.view(1, 1, 1, 3).expand(batch, size, size, 3).clone()
        pictures[:, : size // 2] = 1 - pictures[:, : size // 2]  # one color all over would count as a failed result
        return (pictures,)


class ConformanceShape:
    """A triangle in space and one on paper, for the nodes that save such things."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ("MESH", "SVG")
    FUNCTION = "shape"
    CATEGORY = "conformance"

    def shape(self):
        corners = torch.tensor([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        mesh = types.SimpleNamespace(vertices=corners, faces=torch.tensor([[[0, 1, 2]]]))
        drawing = io.BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>')
        return (mesh, SVG([drawing]))


NODE_CLASS_MAPPINGS = {"ConformancePaint": ConformancePaint, "ConformanceShape": ConformanceShape}
