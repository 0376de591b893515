package comfy
