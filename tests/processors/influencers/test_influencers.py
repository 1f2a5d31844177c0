"""Share of fake followers, engagement and words, on accounts of our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from processors.csv_table import CellError, TableError
from processors.influencers.accounts import AccountsError, read_accounts
from processors.influencers.engagement import PostCounts, measure_engagement, read_posts
from processors.influencers.evaluation import evaluate
from processors.influencers.fake_followers import FakeFollowerModel
from processors.influencers.share import estimate_share
from processors.influencers.summary import summarise

START = datetime(2026, 6, 1, tzinfo=UTC)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def made_accounts(path: Path, fakes: int, reals: int, seed: int = 0) -> Path:
    """Write accounts of our own making: fakes follow many and post little."""
    generator = np.random.default_rng(seed)
    lines = ["userFollowerCount,userFollowingCount,userMediaCount,userHasProfilPic,isFake"]
    for fake in [1] * fakes + [0] * reals:
        followers, following, posts = generator.lognormal([3, 7, 0.2] if fake else [6, 6, 4], 0.4).round()
        lines.append(f"{followers:.0f},{following:.0f},{posts:.0f},{int(not fake)},{fake}")
    return write(path, "\n".join(lines))


def test_shipped_model_estimates_shares_of_made_accounts(tmp_path: Path) -> None:
    report = evaluate(made_accounts(tmp_path / "a.csv", 100, 100), FakeFollowerModel.load())
    assert report["auc"] > 0.99
    assert report["share_error_worst"] < 0.05
    assert report["columns_used"] == "userfollowercount userfollowingcount usermediacount userhasprofilpic"


def test_share_interval_holds_none_and_all() -> None:
    none, every = estimate_share(np.full(200, -5.0)), estimate_share(np.full(200, 5.0))
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.share < 0.02
    assert every.share > 0.98
    assert none.high < 0.05


def test_interval_is_wider_for_fewer_accounts_and_shifted_samples() -> None:
    scores = np.array([4.0] * 3 + [-4.0] * 7)
    few, many = estimate_share(scores), estimate_share(np.tile(scores, 20))
    shifted = estimate_share(np.tile(scores, 20), shift_error=0.05)
    assert many.high - many.low < few.high - few.low
    assert shifted.high - shifted.low > many.high - many.low
    with pytest.raises(ValueError, match="at least one"):
        estimate_share(np.array([]))


def test_missing_optional_columns_count_as_average(tmp_path: Path) -> None:
    accounts = read_accounts(write(tmp_path / "a.csv", "followers,following,posts\n500,400,60\n3,2000,0\n"))
    scores = FakeFollowerModel.load().log_odds(accounts.features)
    assert scores[0] < -1
    assert scores[1] > 1


@pytest.mark.parametrize(
    "text",
    [
        "Posts;Following;name;Followers\n60;400;x;500\n0;2000;y;3\n",
        "#posts\t#follows\t#followers\n60\t400\t500\n0\t2000\t3\n",
        "userMediaCount,userFollowerCount,userFollowingCount,userIsPrivate\n60.0,500,400,1\n0,3,2000,0\n",
    ],
)
def test_columns_may_have_any_order_and_known_names(tmp_path: Path, text: str) -> None:
    plain = read_accounts(write(tmp_path / "a.csv", "followers,following,posts\n500,400,60\n3,2000,0\n"))
    other = read_accounts(write(tmp_path / "b.csv", text))
    assert np.array_equal(other.features, plain.features, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("followers,following,posts\n1,2\n", "line 2: posts is missing"),
        ("followers,following,posts\n1,2,3,4\n", "line 2: 4 cells for 3 columns"),
        ("followers,following,posts\n1,1e300,3\n", "line 2: following '1e300' is too large"),
        ("followers,following,posts\n1,nan,3\n", "line 2: following 'nan' is not a valid number"),
        ("followers,followers,posts\n1,2,3\n", "'followers' stands there twice"),
        ("followers,posts\n1,2\n", "no column of following"),
        ("followers,following,posts\n", "no accounts"),
        ("followers,following,posts\n1,-2,3\n", "line 2: following -2 is negative"),
        ("followers,following,posts,picture\n1,2,3,4\n", "neither 0 nor 1"),
        ("followers,following,posts\n1,x,3\n", "line 2: following 'x' is not a valid number"),
    ],
)
def test_unusable_accounts_are_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises((CellError, TableError), match=reason):
        read_accounts(write(tmp_path / "a.csv", text))


def test_evaluation_needs_both_classes(tmp_path: Path) -> None:
    with pytest.raises(AccountsError, match="both fake and real"):
        evaluate(made_accounts(tmp_path / "a.csv", 5, 0), FakeFollowerModel.load())
    with pytest.raises(AccountsError, match="no column isFake"):
        evaluate(write(tmp_path / "b.csv", "followers,following,posts\n1,2,3\n"), FakeFollowerModel.load())


def posts(likes: list[float], followers: list[float] | None = None) -> tuple[PostCounts, ...]:
    sizes = followers or [20_000.0] * len(likes)
    return tuple(
        PostCounts(START + timedelta(days=day), like, 0, size)
        for day, (like, size) in enumerate(zip(likes, sizes, strict=True))
    )


def test_engagement_is_compared_with_accounts_of_its_size() -> None:
    assert measure_engagement(posts([20.0] * 8), 20_000).level == "low"
    assert measure_engagement(posts([300.0] * 8), 20_000).level == "usual"
    assert measure_engagement(posts([2_000.0] * 8), 20_000).level == "high"


def test_bursts_of_reactions_and_followers_are_dated() -> None:
    grown = [20_000, 20_050, 20_100, 20_150, 20_200, 20_250, 26_000, 26_050.0]
    found = measure_engagement(posts([300, 320, 280, 310, 9_000, 290, 305, 300], grown), 26_050)
    assert found.bursts == (START + timedelta(days=4),)
    assert found.follower_bursts == (START + timedelta(days=6),)
    assert measure_engagement(posts([300, 9_000]), 20_000).bursts == ()


def test_posts_are_read_oldest_first(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "time,likes,comments\n2026-06-02,5,1\n2026-06-01,4,0\n")
    assert [post.likes for post in read_posts(path)] == [4, 5]
    with pytest.raises(CellError, match="line 2: likes and comments must be 0 or more"):
        read_posts(write(tmp_path / "q.csv", "time,likes,comments\n2026-06-02,-5,1\n"))


def test_summary_gives_no_verdict_in_both_languages() -> None:
    estimate = estimate_share(np.array([4.0] * 3 + [-4.0] * 7))
    engagement = measure_engagement(posts([300.0] * 7 + [9_000]), 20_000)
    english, spanish = (summarise(estimate, engagement, language) for language in ("en", "es"))
    assert len(english) == len(spanish) == 5
    assert "no verdict on a person" in english[-1]
    assert "no un juicio" in spanish[-1]
    assert "Fewer than 100 accounts" in english[1]
    assert "2026-06-08" in english[3]
