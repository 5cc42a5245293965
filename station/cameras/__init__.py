"""Where frames come from, one file a kind; all behind `station.types.Camera`."""
