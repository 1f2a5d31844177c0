"""Evaluation of demand forecasts on files with a known answer."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from processors.bars.evaluation import evaluate
from processors.bars.sales_file import SalesFileError
from stream.commands.cli import app


def write_sales(path: Path, *, days: int = 28) -> Path:
    """Write sales of a shop that depend on the hour of the day and are higher at weekends."""
    lines = ["time,bar,product,quantity"]
    for hour in range(days * 24):
        at = datetime(2026, 6, 1) + timedelta(hours=hour)  # noqa: DTZ001 - files have local time
        if 10 <= at.hour < 23:
            units = round(20 + 15 * math.sin(at.hour) + (20 if at.weekday() >= 5 else 0))
            lines.append(f"{at.isoformat()},north,beer,{units}")
            lines.append(f"{at.isoformat()},south,water,{units // 2}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_evaluation_of_regular_shop_is_accurate_and_calibrated(tmp_path: Path) -> None:
    report = evaluate(write_sales(tmp_path / "sales.csv"), by="bar")
    assert report["series"] == 2
    assert report["wape"] < 0.15
    assert report["wape"] < report["baselines"]["yesterday"]["wape"]
    assert report["coverage_90"] >= 0.8
    assert abs(report["bias"]) < 0.1


def test_evaluation_lists_longer_means_medians_and_exponential_means(tmp_path: Path) -> None:
    baselines = evaluate(write_sales(tmp_path / "sales.csv"), by="bar")["baselines"]
    assert {"mean_of_12_weeks", "median_of_26_weeks", "exponential_mean_0.1", "expanding_mean"} <= set(baselines)
    for kind in ("median_of_12_weeks", "exponential_mean_0.3", "mean_of_26_weeks"):
        assert baselines[kind]["wape"] < 0.01, "the same units every week"


def test_evaluation_scores_from_given_day(tmp_path: Path) -> None:
    report = evaluate(write_sales(tmp_path / "sales.csv"), score_from=date(2026, 6, 28))
    assert report["slots"] == 13
    assert report["score_from"] == "2026-06-28"


def test_evaluation_scores_only_given_hours(tmp_path: Path) -> None:
    report = evaluate(write_sales(tmp_path / "sales.csv"), score_from=date(2026, 6, 28), hours=(17, 21))
    assert report["slots"] == 5
    result = CliRunner().invoke(app, ["evaluate", "demand", str(tmp_path / "sales.csv"), "--hours", "21-17"])
    assert result.exit_code == 2
    assert "17-21" in result.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "the columns are a, b; expected time,bar"),
        ("time,bar,product,quantity\n", "no sale"),
        ("time,bar,product,quantity\n2026-06-01T10:00:00,n,beer,many\n", "line 2"),
        ("time,bar,product,quantity\nyesterday,n,beer,1\n", "line 2"),
        ("time,bar,product,quantity\n2026-06-01T10:00:00,n,beer,nan\n", "is not a valid number"),
    ],
)
def test_invalid_file_is_reported_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SalesFileError, match=message):
        evaluate(path)


@pytest.mark.shared
def test_forecast_of_bicycles_beats_seasonal_means(shared_data: Path) -> None:
    report = evaluate(shared_data / "demand" / "bike_share_hourly.csv")
    assert report["wape"] < 0.15
    baselines = report["baselines"]
    assert baselines["batch_boosting"]["wape"] < 0.13, "the baseline is well tuned"
    assert report["wape"] < 0.75 * min(
        baseline["wape"] for name, baseline in baselines.items() if name != "batch_boosting"
    )
    assert 0.87 <= report["coverage_90"] <= 0.93


@pytest.mark.shared
def test_forecast_of_takeaway_beats_means_and_is_covered(shared_data: Path) -> None:
    file = shared_data / "demand" / "takeaway_orders_until_2018_11.csv"
    report = evaluate(file, hours=(17, 21))
    assert report["wape"] < min(baseline["wape"] for baseline in report["baselines"].values())
    assert 0.87 <= report["coverage_90"] <= 0.93
    assert abs(report["bias"]) < 0.05
