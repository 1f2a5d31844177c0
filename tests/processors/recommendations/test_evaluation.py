from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from processors.recommendations.evaluation import evaluate, hidden_artists
from processors.recommendations.listening_files import ListeningFileError, read_public_split, read_tagged_plays
from tests.processors.recommendations.test_act_recommender import letters


def write_tagged(folder: Path) -> None:
    """40 listeners of two scenes; each scene has a tag, and three artists with one or two listeners."""
    generator = np.random.default_rng(0)
    plays, tags, artists = [], [], []
    for artist in range(1, 31):
        scene = artist % 2
        artists.append(f"{artist}\tArtist {artist}\turl\tpicture")
        tags.append(f"{artist},{'rock' if scene else 'jazz'},4")
        for listener in range(1, 41):
            likely = (0.02 if artist > 24 else 0.6) if listener % 2 == scene else 0.0
            if generator.random() < likely or (artist > 24 and listener == artist):
                plays.append(f"{listener}\t{artist}\t7")
    (folder / "user_artists.dat").write_text("userID\tartistID\tweight\n" + "\n".join(plays), encoding="utf-8")
    (folder / "artists.dat").write_text("id\tname\turl\tpictureURL\n" + "\n".join(artists), encoding="utf-8")
    (folder / "tags.csv").write_text("artist,tag,users\n" + "\n".join(tags) + "\n", encoding="utf-8")


def test_hidden_artists_are_found_by_their_tags(tmp_path: Path) -> None:
    write_tagged(tmp_path)
    data = read_tagged_plays(tmp_path)
    assert data.names["3"] == "Artist 3"
    figures = hidden_artists(data, letters)
    assert figures["hidden"] == 6
    assert figures["ndcg_at_20_by_tags"] > figures["ndcg_at_20_popularity"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("1 2\n", r"train\.txt, line 1: expected listener"), ("", r"no plays in it")],
)
def test_invalid_split_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "train.txt").write_text(text, encoding="utf-8")
    (tmp_path / "test.txt").write_text("1 2 3\n", encoding="utf-8")
    with pytest.raises(ListeningFileError, match=message):
        read_public_split(tmp_path)


def test_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListeningFileError, match="name another folder"):
        evaluate(tmp_path, letters)


def test_public_split_reaches_its_figures(shared_data: Path) -> None:
    """Recall and NDCG at 20 on the public split, not used for any choice."""
    report = evaluate(shared_data / "listening" / "public_split", letters)
    combined = report["combined"]
    assert isinstance(combined, dict)
    assert combined["recall_at_20"] > 0.278
    assert combined["ndcg_at_20"] > 0.217
