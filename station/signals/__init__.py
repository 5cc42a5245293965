"""How the line is told, one file a way; all behind `station.types.Signal`."""
