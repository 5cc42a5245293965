"""The running machine: camera, light, trigger, judgement, record, signal."""
