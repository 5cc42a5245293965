"""Labelled pictures from the stage: a data set that a technician lays, part by part."""
