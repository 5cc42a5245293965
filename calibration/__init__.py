"""Light and camera, measured. Pure: arrays in, values out."""
