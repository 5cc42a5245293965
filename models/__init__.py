"""The network: learned, shrunk, judged, shipped. Pure: arrays and folders in, values and folders out."""
