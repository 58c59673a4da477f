//! The picture of an economy: the only place where its numbers become floats.

use anyhow::anyhow;
use bizkey_oracle::simulation::economy::{DayRow, Place, YEAR};
use bizkey_primitives::TOKEN;
use plotters::{coord::Shift, prelude::*};

const WIDTH: u32 = 1_000;
const HEIGHT: u32 = 900;
/// Of it, the picture of Bzky.
const BZKY_HEIGHT: i32 = 540;
/// More points than a line of this width can show.
const MOST_POINTS: usize = 1_000;

/// A line: its name, colour, and what it shows of a day.
type Line = (&'static str, RGBColor, fn(&DayRow) -> u128);

const BZKY: [Line; 5] = [
    ("supply (all but burned)", RGBColor(60, 60, 60), DayRow::supply),
    ("float", RGBColor(31, 119, 180), |row| row.at(Place::Float)),
    ("locked in deposits", RGBColor(214, 39, 40), |row| row.at(Place::Locked)),
    ("merchants' pool left", RGBColor(44, 160, 44), |row| row.at(Place::Pool)),
    ("vesting left", RGBColor(148, 103, 189), |row| row.at(Place::Vesting)),
];
const TIME: [Line; 2] = [
    ("Time that can be spent", RGBColor(31, 119, 180), DayRow::time_outstanding),
    ("customers' pool left", RGBColor(44, 160, 44), |row| row.time_pool),
];

/// The days as an SVG: Bzky above, Time below, millions over years.
pub fn svg(rows: &[DayRow]) -> anyhow::Result<String> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, (WIDTH, HEIGHT)).into_drawing_area();
        area.fill(&WHITE).map_err(|error| anyhow!("drawing: {error}"))?;
        let (upper, lower) = area.split_vertically(BZKY_HEIGHT);
        draw(&upper, "Bzky, millions", rows, &BZKY)?;
        draw(&lower, "Time, millions", rows, &TIME)?;
        area.present().map_err(|error| anyhow!("drawing: {error}"))?;
    }
    Ok(picture)
}

/// Millions of a token. A picture shows no more digits than a float has.
#[allow(clippy::cast_precision_loss)]
fn millions(amount: u128) -> f64 {
    amount as f64 / TOKEN as f64 / 1e6
}

fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, rows: &[DayRow], lines: &[Line]) -> anyhow::Result<()> {
    let failed = |error: &dyn std::fmt::Display| anyhow!("drawing {title}: {error}");
    let years = |row: &DayRow| f64::from(row.day + 1) / f64::from(YEAR);
    let last = rows.last().map_or(1.0, years);
    let most = lines.iter().flat_map(|(_, _, of)| rows.iter().map(of)).max().unwrap_or(0);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20))
        .margin(15)
        .x_label_area_size(40)
        .y_label_area_size(70)
        // The names of the lines stand where no line is.
        .build_cartesian_2d(0.0..last * 1.28, 0.0..millions(most).max(1.0) * 1.05)
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .x_desc("years since launch")
        .light_line_style(RGBColor(240, 240, 240))
        .y_label_formatter(&|millions| format!("{millions:.0}"))
        .x_label_formatter(&|years| format!("{years:.1}"))
        .draw()
        .map_err(|error| failed(&error))?;
    let step = rows.len().div_ceil(MOST_POINTS).max(1);
    for (name, colour, of) in lines {
        let colour = *colour;
        let points = rows.iter().step_by(step).chain(rows.last()).map(|row| (years(row), millions(of(row))));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))
            .map_err(|error| failed(&error))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(200, 200, 200))
        .draw()
        .map_err(|error| failed(&error))
}
