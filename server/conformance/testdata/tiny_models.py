"""Writes a tiny diffusion model, a text encoder and a VAE with random weights, which ComfyUI's own loaders take.

tiny_models.py COMFYUI_ROOT MODELS_FOLDER
"""
import os
import sys

root, folder = sys.argv[1:3]
sys.path.insert(0, root)
sys.argv = [sys.argv[0], "--cpu"]

import comfy.options

comfy.options.enable_args_parsing()

import torch
from safetensors.torch import save_file

import comfy.clip_model
import comfy.ops
import comfy.sd1_clip
from comfy.ldm.modules.diffusionmodules.mmdit import MMDiT
from comfy.taesd.taesd import Decoder, Encoder

torch.manual_seed(1)


def save(module, *path, dtype=torch.float32):
    """Saves a module with small random weights, norms aside, which begin at one."""
    weights = {}
    for name, value in module.state_dict().items():
        if value.dtype.is_floating_point:
            value = torch.randn(value.shape) * 0.05
            if "norm" in name and name.endswith("weight"):
                value = value + 1
            value = value.to(dtype)
        weights[name] = value.contiguous()
    file = os.path.join(folder, *path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    save_file(weights, file)


DEPTH = 2  # ComfyUI takes the width, 64 times as much, for it
save(
    MMDiT(
        input_size=None,
        patch_size=2,
        in_channels=16,
        depth=DEPTH,
        adm_in_channels=2048,
        context_embedder_config={"target": "torch.nn.Linear", "params": {"in_features": 4096, "out_features": 64 * DEPTH}},
        num_patches=64 * 64,
        pos_embed_max_size=64,
        pos_embed_scaling_factor=None,
        operations=comfy.ops.disable_weight_init,
    ),
    "diffusion_models",
    "tiny.safetensors",
)
config = os.path.join(os.path.dirname(comfy.sd1_clip.__file__), "sd1_clip_config.json")
encoder = comfy.sd1_clip.SDClipModel(device="cpu", dtype=torch.float16, textmodel_json_config=config)
save(encoder.transformer, "text_encoders", "tiny_clip.safetensors", dtype=torch.float16)
save(Encoder(latent_channels=16), "vae_approx", "taesd3_encoder.safetensors")
save(Decoder(latent_channels=16), "vae_approx", "taesd3_decoder.safetensors")
