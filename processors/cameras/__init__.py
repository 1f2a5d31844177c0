"""Camera frames: decoding, masks, image faults, and the analysis that counts, flows and scores come from."""
