"""Music: audio decoding, features, mood, genre, tempo and beats of a stage."""
