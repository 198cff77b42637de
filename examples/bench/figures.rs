//! The measured figures, as a table and as JSON.

use std::{fmt, fs, path::Path};

use connector_runtime::Result;
use serde::Serialize;
use serde_json::json;

/// One figure, and the reference that it is compared with.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// The same figure of the reference, if there is one.
    pub(crate) reference: Option<f64>,
    /// The ratio of both.
    pub(crate) ratio: Option<f64>,
    /// The name of the reference.
    #[serde(skip)]
    of: &'static str,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, reference: None, ratio: None, of: "" }
    }

    /// Adds the reference.
    pub(crate) fn beside(self, reference: f64, of: &'static str) -> Self {
        Self { reference: Some(reference), ratio: Some(self.value / reference), of, ..self }
    }
}

/// All of them.
pub(crate) struct Table<'a>(pub(crate) &'a [Figure]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| figure | value | unit | reference | ratio | the reference is |")?;
        writeln!(f, "|---|--:|---|--:|--:|---|")?;
        for Figure { name, value, unit, reference, ratio, of } in self.0 {
            let (reference, ratio) = (reference.map(short), ratio.map(|r| format!("{r:.2}")));
            let [reference, ratio] = [reference, ratio].map(Option::unwrap_or_default);
            writeln!(f, "| {name} | {} | {unit} | {reference} | {ratio} | {of} |", short(*value))?;
        }
        Ok(())
    }
}

/// Formats a number with three significant digits.
fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

/// Returns the median.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values, 0.5)
}

/// Returns a quantile: this part of the values is not above it.
pub(crate) fn percentile(values: impl IntoIterator<Item = f64>, part: f64) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = ((values.len() as f64 - 1.0) * part).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

pub(crate) fn write(file: &Path, figures: &[Figure]) -> Result<()> {
    let text = serde_json::to_string_pretty(&json!({ "figures": figures }))?;
    Ok(fs::write(file, text + "\n")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_ours_by_the_reference() {
        let figure = Figure::new("rss_idle", 4.0, "MiB").beside(2.0, "bare rumqttc");
        let json = serde_json::to_value(&figure).unwrap();
        let members = ["name", "value", "unit", "reference", "ratio"];
        assert_eq!(json.as_object().unwrap().len(), members.len());
        assert_eq!(members.map(|member| json[member].is_null()), [false; 5]);
        assert_eq!(json["ratio"], 2.0);
        let row = "| rss_idle | 4.00 | MiB | 2.00 | 2.00 | bare rumqttc |";
        assert!(Table(&[figure]).to_string().ends_with(&format!("{row}\n")));
    }

    #[test]
    fn percentiles_are_values_of_the_list() {
        assert_eq!(short(median([3.0, 1.0, 2.0])), "2.00");
        assert_eq!(short(percentile((0..101).map(f64::from), 0.99)), "99.0");
        assert!(median([]).is_nan());
    }
}
