//! An SVG plot of the cost of a value by the number of datapoints in a message.

use std::{fmt::Write, fs, path::Path};

use connector_runtime::Result;

use crate::figures::Figure;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const MARGIN: f64 = 60.0;

/// The lower and the upper end of the axis in microseconds, as powers of ten.
const LOWEST: f64 = -2.0;
const HIGHEST: f64 = 2.0;

/// The lines: the name of the figures, the label, the colour.
const LINES: [(&str, &str, &str); 5] = [
    ("typed_qos1", "connector, QoS 1", "#7b3294"),
    ("bare", "bare rumqttc, QoS 0", "#999999"),
    ("dynamic", "connector, dynamic readings, QoS 0", "#d95f02"),
    ("typed", "connector, typed readings, QoS 0", "#1b7837"),
    ("ceiling", "hand-encoded packets, QoS 0", "#000000"),
];

pub(crate) fn write(file: &Path, figures: &[Figure]) -> Result<()> {
    Ok(fs::write(file, draw(figures)?)?)
}

fn draw(figures: &[Figure]) -> Result<String> {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\" font-size=\"14\">Processor time for a value, in µs</text>\n"
    );
    grid(&mut svg)?;
    for (row, (name, label, colour)) in (0_u32..).zip(LINES) {
        let points = points(figures, name);
        writeln!(
            svg,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        )?;
        let y = 44.0 + 16.0 * f64::from(row);
        writeln!(svg, "<text x=\"390\" y=\"{y}\" fill=\"{colour}\">{label}</text>")?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn grid(svg: &mut String) -> Result<()> {
    for power in [-2, -1, 0, 1, 2] {
        let (y, value) = (y_of(power.into()), 10_f64.powi(power));
        let end = WIDTH - MARGIN / 2.0;
        writeln!(svg, "<path d=\"M{MARGIN} {y}H{end}\" stroke=\"#dddddd\"/>")?;
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>",
            MARGIN - 6.0,
            y + 4.0
        )?;
    }
    for datapoints in [1_u32, 10, 100] {
        let x = x_of(datapoints.into());
        writeln!(
            svg,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{datapoints}</text>",
            HEIGHT - 34.0
        )?;
    }
    let x = WIDTH / 2.0;
    writeln!(
        svg,
        "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">datapoints in a message</text>",
        HEIGHT - 12.0
    )?;
    Ok(())
}

fn points(figures: &[Figure], name: &str) -> String {
    let mut points = String::new();
    for datapoints in [1_u32, 10, 100] {
        let wanted = format!("growth_{name}_{datapoints}");
        if let Some(figure) = figures.iter().find(|figure| figure.name == wanted) {
            let _ =
                write!(points, "{:.1},{:.1} ", x_of(datapoints.into()), y_of(figure.value.log10()));
        }
    }
    points
}

fn x_of(datapoints: f64) -> f64 {
    MARGIN + datapoints.log10() / 2.0 * (WIDTH - 2.0 * MARGIN)
}

fn y_of(power: f64) -> f64 {
    let share = (power - LOWEST) / (HIGHEST - LOWEST);
    HEIGHT - MARGIN - share * (HEIGHT - 2.0 * MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_point_for_each_figure() {
        let figure = |name: &str, value| Figure::new(name, value, "µs");
        let figures = [figure("growth_typed_1", 1.0), figure("growth_typed_100", 0.1)];
        assert_eq!(points(&figures, "typed"), "60.0,200.0 580.0,270.0 ");
        assert_eq!(draw(&figures).unwrap().matches("<polyline").count(), LINES.len());
    }
}
