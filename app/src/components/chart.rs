//! Draws charts and sparklines as SVG, on the server and again with each frame in the browser.
//!
//! The plot is a square of 1,000 units that the page stretches; axes' texts stand outside it, so
//! that they keep their size. Missing data is a gap, never a zero. Coordinates are whole numbers:
//! the browser's bundle stays without the code that prints floats.
//!
//! The geometry is pure; nothing here fetches or remembers.

use leptos::prelude::*;

use crate::numerals::count;

/// Edge of the plot in its own units.
const UNITS: f64 = 1_000.0;

/// A number for each step of time, oldest first; `None` where data is missing.
pub(crate) type Values = Vec<Option<f64>>;

/// One area or line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    /// Its class in `style/components.css`: the colour.
    pub(crate) class: &'static str,
    pub(crate) values: Values,
}

/// A moment to be shown above the plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Where, in thousandths of the width.
    pub(crate) at: u32,
    pub(crate) label: String,
    /// What a pointer over it reads.
    pub(crate) title: String,
}

/// Whether layers stand on each other or cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Stacked,
    Lines,
}

/// Shows layers over time, with its axes.
#[component]
pub(crate) fn Chart(
    kind: Kind,
    #[prop(into)] layers: Signal<Vec<Layer>>,
    #[prop(optional, into)] marks: Signal<Vec<Mark>>,
    /// Words below the plot, from the oldest to now.
    #[prop(into)]
    times: Signal<Vec<String>>,
    /// What the chart says, for who can't see it.
    #[prop(into)]
    summary: Signal<String>,
) -> impl IntoView {
    let scale = Memo::new(move |_| Scale::of(kind, &layers.get()));
    let labels = move || {
        let Scale { top, ticks } = scale.get();
        let label = move |tick: &f64| {
            let y = format!("{}%", (100.0 - tick / top * 100.0).round() as i32);
            view! {
                <text x="100%" y=y dy="4" text-anchor="end">
                    {short(*tick)}
                </text>
            }
        };
        ticks.iter().map(label).collect_view()
    };
    let grid = move || {
        let Scale { top, ticks } = scale.get();
        let line = move |tick: &f64| {
            let y = height(*tick, top);
            view! { <line x1="0" x2="1000" y1=y y2=y /> }
        };
        ticks.iter().map(line).collect_view()
    };
    let shapes = move || {
        let top = scale.get().top;
        let paths = match kind {
            Kind::Stacked => stacked(&layers.get(), top),
            Kind::Lines => lines(&layers.get(), top),
        };
        let shape = |(class, d): (&'static str, String)| view! { <path class=class d=d /> };
        paths.into_iter().map(shape).collect_view()
    };
    let marked = move || {
        let mark = |mark: Mark| {
            let x = mark.at.to_string();
            view! {
                <line class="mark" x1=x.clone() x2=x y1="0" y2="1000">
                    <title>{mark.title}</title>
                </line>
            }
        };
        marks.get().into_iter().map(mark).collect_view()
    };
    let mark_labels = move || {
        let label = |mark: Mark| {
            let (anchor, dx) = if mark.at > 700 { ("end", "-4") } else { ("start", "4") };
            view! {
                <text x=format!("{}%", mark.at / 10) dx=dx y="10" text-anchor=anchor>
                    {mark.label}
                    <title>{mark.title}</title>
                </text>
            }
        };
        marks.get().into_iter().map(label).collect_view()
    };
    let class = match kind {
        Kind::Stacked => "chart stacked",
        Kind::Lines => "chart lines",
    };

    view! {
        <figure class=class role="img" aria-label=move || summary.get()>
            <svg class="chart-marks" aria-hidden="true">
                {mark_labels}
            </svg>
            <svg class="chart-y" aria-hidden="true">
                {labels}
            </svg>
            <svg
                class="chart-plot"
                viewBox="0 0 1000 1000"
                preserveAspectRatio="none"
                aria-hidden="true"
            >
                <g class="grid">{grid}</g>
                <g>{shapes}</g>
                <g>{marked}</g>
            </svg>
            <div class="chart-x" aria-hidden="true">
                {move || times.get().into_iter().map(|time| view! { <span>{time}</span> }).collect_view()}
            </div>
        </figure>
    }
}

/// Shows a small line without axes.
#[component]
pub(crate) fn Sparkline(
    #[prop(into)] values: Signal<Values>,
    /// Its class: the colour.
    #[prop(into)]
    class: Signal<&'static str>,
) -> impl IntoView {
    let d = move || {
        let values = values.get();
        let top = values.iter().flatten().copied().fold(0.0, f64::max) * 1.05;
        if top > 0.0 { line(&values, top) } else { String::new() }
    };

    view! {
        <svg
            class=move || format!("sparkline {}", class.get())
            viewBox="0 -30 1000 1060"
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path d=d />
        </svg>
    }
}

/// What the axis of a chart shows.
#[derive(Debug, Clone, PartialEq)]
struct Scale {
    /// Value at the upper edge.
    top: f64,
    /// Round values, from 0.
    ticks: Vec<f64>,
}

impl Scale {
    fn of(kind: Kind, layers: &[Layer]) -> Self {
        let highest = match kind {
            Kind::Lines => layers.iter().flat_map(|layer| layer.values.iter().flatten()).copied(),
            Kind::Stacked => return Self::up_to(sums(layers).flatten().fold(0.0, f64::max)),
        };
        Self::up_to(highest.fold(0.0, f64::max))
    }

    /// Finds at most five round ticks; a chart of nothing goes up to 1.
    fn up_to(highest: f64) -> Self {
        let highest = highest.max(0.9);
        let mut step = 1.0;
        while highest / step > 4.0 {
            // 1, 2, 5, 10, 20, 50, …
            let is_two = [2.0, 20.0, 200.0, 2e3, 2e4, 2e5, 2e6, 2e7].contains(&step);
            step *= if is_two { 2.5 } else { 2.0 };
        }
        let ticks: Vec<_> =
            (0..=5).map(|n| f64::from(n) * step).filter(|tick| *tick <= highest * 1.15).collect();
        let last = ticks.last().copied().unwrap_or(1.0);
        Self { top: last.max(highest * 1.08), ticks }
    }
}

/// Returns the sum of the layers at each step.
fn sums(layers: &[Layer]) -> impl Iterator<Item = Option<f64>> + '_ {
    let steps = layers.first().map_or(0, |layer| layer.values.len());
    (0..steps).map(|step| {
        layers.iter().map(|layer| layer.values.get(step).copied().flatten()).sum::<Option<f64>>()
    })
}

/// Draws layers on top of each other; each run of known steps is a closed shape.
fn stacked(layers: &[Layer], top: f64) -> Vec<(&'static str, String)> {
    let mut base: Values = vec![Some(0.0); layers.first().map_or(0, |layer| layer.values.len())];
    let mut shapes = Vec::new();
    for layer in layers {
        let upper: Values = base
            .iter()
            .zip(&layer.values)
            .map(|(base, value)| base.zip(*value).map(|(base, value)| base + value))
            .collect();
        let mut d = String::new();
        for run in runs(&upper) {
            for step in run.clone() {
                push_point(&mut d, step == run.start, step, &upper, top);
            }
            for step in run.rev() {
                push_point(&mut d, false, step, &base, top);
            }
            d.push('Z');
        }
        shapes.push((layer.class, d));
        base = upper;
    }
    shapes
}

fn lines(layers: &[Layer], top: f64) -> Vec<(&'static str, String)> {
    layers.iter().map(|layer| (layer.class, line(&layer.values, top))).collect()
}

fn line(values: &Values, top: f64) -> String {
    let mut d = String::new();
    for run in runs(values) {
        let is_lone = run.len() == 1;
        for step in run.clone() {
            push_point(&mut d, step == run.start, step, values, top);
        }
        if is_lone {
            // a dot: a line of no length is drawn with round ends
            d.push_str("h0");
        }
    }
    d
}

/// Returns the ranges of steps at which there is data.
fn runs(values: &Values) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (step, _) in values.iter().enumerate().filter(|(_, value)| value.is_some()) {
        match runs.last_mut() {
            Some(run) if run.end == step => run.end = step + 1,
            _ => runs.push(step..step + 1),
        }
    }
    runs
}

fn push_point(d: &mut String, is_first: bool, step: usize, values: &Values, top: f64) {
    let last = values.len().saturating_sub(1).max(1);
    let x = (step * 1_000 + last / 2) / last;
    let y = height(values.get(step).copied().flatten().unwrap_or(0.0), top);
    d.push(if is_first { 'M' } else { 'L' });
    d.push_str(&x.to_string());
    d.push(' ');
    d.push_str(&y.to_string());
}

/// Returns the distance of a value from the upper edge.
fn height(value: f64, top: f64) -> i32 {
    (UNITS - value / top * UNITS).round() as i32
}

/// Writes a tick: `0`, `500`, `1k`, `2.5k`, `1M`.
fn short(tick: f64) -> String {
    let whole = tick.round() as u64;
    let (unit, per) = match whole {
        0..1_000 => return count(whole),
        1_000..1_000_000 => ("k", 1_000),
        _ => ("M", 1_000_000),
    };
    match whole % per * 10 / per {
        0 => format!("{}{unit}", whole / per),
        tenth => format!("{}.{tenth}{unit}", whole / per),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(values: &[Option<f64>]) -> Layer {
        Layer { class: "c", values: values.to_vec() }
    }

    #[test]
    fn ticks_are_round_and_begin_at_zero() {
        assert_eq!(Scale::up_to(0.0).ticks, [0.0, 1.0]);
        assert_eq!(Scale::up_to(3.2).ticks, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(Scale::up_to(66.0).ticks, [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(Scale::up_to(3_300.0).ticks, [0.0, 1_000.0, 2_000.0, 3_000.0]);
        assert!(Scale::up_to(3_300.0).top >= 3_300.0);
    }

    #[test]
    fn missing_data_is_a_gap_and_not_zero() {
        let d = line(&vec![Some(1.0), None, Some(1.0), Some(0.0)], 1.0);

        assert_eq!(d, "M0 0h0M667 0L1000 1000");
    }

    #[test]
    fn layers_stand_on_each_other() {
        let shapes =
            stacked(&[layer(&[Some(1.0), Some(1.0)]), layer(&[Some(1.0), Some(0.0)])], 2.0);

        assert_eq!(shapes[0].1, "M0 500L1000 500L1000 1000L0 1000Z");
        assert_eq!(shapes[1].1, "M0 0L1000 500L1000 500L0 500Z");
    }

    #[test]
    fn a_step_that_one_layer_lacks_is_a_gap_in_the_sum() {
        let layers = [layer(&[Some(1.0), None]), layer(&[Some(2.0), Some(5.0)])];

        assert_eq!(sums(&layers).collect::<Vec<_>>(), [Some(3.0), None]);
    }

    #[test]
    fn ticks_are_written_short() {
        let written: Vec<_> = [0.0, 500.0, 1_000.0, 2_500.0, 2_000_000.0].map(short).into();

        assert_eq!(written, ["0", "500", "1k", "2.5k", "2M"]);
    }
}
