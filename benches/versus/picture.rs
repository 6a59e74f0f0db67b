//! Draws the results as one picture: the speed of each operation relative to std's, and the
//! throughput as threads are added.

use crate::contenders::{ALL, LIMIT, PORTABLE, PROVEN, STANDARD, TRIOMPHE};
use crate::layout::PEERS;
use crate::measure::Row;
use crate::report::Report;
use crate::table;
use std::fmt::{Display, Write};

/// Colours that colour-blind readers can tell apart.
pub struct Theme {
    pub name: &'static str,
    background: &'static str,
    text: &'static str,
    /// The colour of lines in the background.
    grid: &'static str,
    contenders: [&'static str; ALL],
}

pub const LIGHT: Theme = Theme {
    name: "light",
    background: "#FFFFFF",
    text: "#1F2328",
    grid: "#D1D9E0",
    contenders: ["#59636E", "#0072B2", "#D55E00", "#AA4499", "#1F2328"],
};

pub const DARK: Theme = Theme {
    name: "dark",
    background: "#0D1117",
    text: "#E6EDF3",
    grid: "#30363D",
    contenders: ["#9198A1", "#56B4E9", "#E69F00", "#DD96CD", "#E6EDF3"],
};

const WIDTH: f64 = 960.0;
/// The height of one row of bars.
const LINE: f64 = 21.0;
const CURVES: f64 = 310.0;
const HEAD: f64 = 74.0;

pub fn svg(report: &Report, theme: &Theme) -> String {
    let sections = table::sections(&report.rows);
    let lines: usize = sections.iter().map(|(_, rows)| 1 + rows.len()).sum();
    let below = HEAD + LINE * lines as f64 + 30.0;
    let height = below + CURVES;
    let mut svg = Svg(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, Segoe UI, Helvetica, Arial, sans-serif\">\n"
    ));
    svg.rect((0.0, 0.0), (WIDTH, height), theme.background);
    theme.head(&mut svg, report);
    theme.bars(&mut svg, &sections, lines);
    let title = "Throughput of all threads together, in millions a second";
    svg.bold((16.0, below + 24.0), "start", 17.0, theme.text, title);
    for (n, (name, points)) in table::curves(&report.rows).iter().enumerate() {
        theme.curve(&mut svg, (WIDTH / 3.0 * n as f64, below + 36.0), name, points);
    }
    svg.0 + "</svg>\n"
}

impl Theme {
    fn head(&self, svg: &mut Svg, report: &Report) {
        let machine = report.facts.first().map_or("", |(_, machine)| machine);
        let title = "How many times as fast as std's Arc (to the right is faster)";
        svg.bold((16.0, 18.0), "start", 17.0, self.text, title);
        svg.text((16.0, 40.0), "start", 12.0, self.text, machine);
        let legend = [
            (PROVEN, "proven-arc (with quartiles)"),
            (STANDARD, "std"),
            (TRIOMPHE, "triomphe"),
            (PORTABLE, "portable-atomic-util"),
            (LIMIT, "limit (Box, or instructions by hand)"),
        ];
        let mut x = 22.0;
        for (contender, name) in legend {
            self.mark(svg, contender, (x, 61.0));
            svg.text((x + 10.0, 61.0), "start", 12.0, self.text, name);
            x += 38.0 + 7.0 * name.len() as f64;
        }
    }

    /// A bar from 1.00 to each ratio, and the peers' ratios as marks, on a logarithmic scale.
    fn bars(&self, svg: &mut Svg, sections: &[(String, Vec<&Row>)], lines: usize) {
        let rows = sections.iter().flat_map(|(_, rows)| rows);
        let medians: Vec<f64> = rows
            .flat_map(|row| (0..ALL).filter_map(|contender| row.ratio(contender)))
            .map(|ratio| ratio.median)
            .collect();
        let low = medians.iter().copied().fold(0.75, f64::min) / 1.1;
        let high = medians.iter().copied().fold(1.5, f64::max) * 1.1;
        let (left, right) = (300.0, WIDTH - 16.0);
        // A quartile may be far outside.
        let share = |ratio: f64| (ratio.clamp(low, high) / low).ln() / (high / low).ln();
        let x = |ratio| left + (right - left) * share(ratio);
        let bottom = HEAD + LINE * lines as f64;

        for tick in [0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0] {
            if (low..high).contains(&tick) {
                let color = if tick == 1.0 { self.contenders[STANDARD] } else { self.grid };
                svg.line(&[(x(tick), HEAD), (x(tick), bottom)], 1, color);
                svg.text((x(tick), bottom + 14.0), "middle", 12.0, self.text, tick);
            }
        }

        let ours_color = self.contenders[PROVEN];
        let mut y = HEAD + LINE / 2.0;
        for (title, rows) in sections {
            svg.bold((16.0, y), "start", 12.5, self.text, title);
            for row in rows {
                y += LINE;
                let Some(ours) = row.ratio(PROVEN) else { continue };
                svg.text((238.0, y), "end", 12.5, self.text, row.name);
                let measured = row.measured_ratio(PROVEN).is_some();
                let value = if measured { format!("{:.2}", ours.median) } else { "?".to_owned() };
                svg.bold((290.0, y), "end", 12.5, ours_color, value);
                if measured {
                    let (from, to) = (x(ours.median.min(1.0)), x(ours.median.max(1.0)));
                    svg.rect((from, y - 0.3 * LINE), (to - from, 0.6 * LINE), ours_color);
                }
                svg.line(&[(x(ours.lower), y), (x(ours.upper), y)], 1, self.text);
                for peer in PEERS {
                    if let Some(ratio) = row.measured_ratio(peer) {
                        self.mark(svg, peer, (x(ratio.median), y));
                    }
                }
            }
            y += LINE;
        }
    }

    /// Draws the throughput as threads are added, in a third of the width.
    fn curve(&self, svg: &mut Svg, corner: (f64, f64), name: &str, points: &[(usize, &Row)]) {
        let throughput = |contender| {
            let points = points.iter().enumerate();
            points.filter_map(move |(place, (threads, row))| {
                Some((place, table::per_microsecond(row, *threads, contender)?))
            })
        };
        let all = (0..ALL).flat_map(throughput);
        let most = all.map(|(_, throughput)| throughput).fold(0.1, f64::max);
        let (left, right) = (corner.0 + 58.0, corner.0 + 308.0);
        let (top, bottom) = (corner.1 + 22.0, corner.1 + 220.0);
        let gaps = points.len().saturating_sub(1).max(1) as f64;
        let x = |place: usize| left + (right - left) * place as f64 / gaps;
        let y = |throughput: f64| bottom - (bottom - top) * throughput / (most * 1.1);

        svg.bold((corner.0 + WIDTH / 6.0, corner.1 + 8.0), "middle", 13.0, self.text, name);
        let step = step(most);
        for value in (0..6).map(|n| step * f64::from(n)).take_while(|value| *value <= most * 1.1) {
            svg.line(&[(left - 5.0, y(value)), (right, y(value))], 1, self.grid);
            let label = format!("{value:.*}", usize::from(step < 1.0));
            svg.text((left - 10.0, y(value)), "end", 12.0, self.text, label);
        }
        svg.line(&[(left, top), (left, bottom)], 1, self.grid);
        for (place, (threads, _)) in points.iter().enumerate() {
            svg.line(&[(x(place), bottom), (x(place), bottom + 5.0)], 1, self.grid);
            svg.text((x(place), bottom + 14.0), "middle", 12.0, self.text, threads);
        }
        svg.text(((left + right) / 2.0, bottom + 34.0), "middle", 12.0, self.text, "threads");
        // Ours is drawn last, on top.
        for contender in [LIMIT, PORTABLE, TRIOMPHE, STANDARD, PROVEN] {
            let at = throughput(contender).map(|(place, throughput)| (x(place), y(throughput)));
            let at: Vec<_> = at.collect();
            svg.line(&at, 2, self.contenders[contender]);
            at.into_iter().for_each(|at| self.mark(svg, contender, at));
        }
    }

    /// The mark of a contender, by colour and shape.
    fn mark(&self, svg: &mut Svg, contender: usize, (x, y): (f64, f64)) {
        let color = self.contenders[contender];
        match contender {
            STANDARD => svg.circle((x, y), color, "none"),
            PROVEN => svg.rect((x - 4.0, y - 4.0), (8.0, 8.0), color),
            TRIOMPHE => svg.circle((x, y), "none", color),
            PORTABLE => svg.diamond((x, y), color),
            _ => svg.line(&[(x, y - 7.0), (x, y + 7.0)], 2, color),
        }
    }
}

/// A distance of 1, 2 or 5 times a power of ten between at most six labels from 0 to `most`.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|factor| factor * power);
    steps.into_iter().find(|step| step * 5.0 >= most).unwrap_or(10.0 * power)
}

/// The text of the picture.
struct Svg(String);

impl Svg {
    fn element(&mut self, element: impl Display) {
        let _ = writeln!(self.0, "{element}");
    }

    fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
        self.element(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             fill=\"{fill}\"/>"
        ));
    }

    fn circle(&mut self, (x, y): (f64, f64), fill: &str, stroke: &str) {
        self.element(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{fill}\" stroke=\"{stroke}\" \
             stroke-width=\"2\"/>"
        ));
    }

    fn diamond(&mut self, (x, y): (f64, f64), fill: &str) {
        self.element(format_args!(
            "<path d=\"M{x:.1} {:.1}l5 5l-5 5l-5 -5z\" fill=\"{fill}\"/>",
            y - 5.0
        ));
    }

    fn line(&mut self, points: &[(f64, f64)], width: u32, stroke: &str) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.element(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>",
            points.join(" ")
        ));
    }

    /// A text whose middle is at this height.
    fn text(&mut self, at: (f64, f64), anchor: &str, size: f64, fill: &str, text: impl Display) {
        self.letters(at, anchor, size, "normal", fill, text);
    }

    fn bold(&mut self, at: (f64, f64), anchor: &str, size: f64, fill: &str, text: impl Display) {
        self.letters(at, anchor, size, "bold", fill, text);
    }

    fn letters(
        &mut self,
        (x, y): (f64, f64),
        anchor: &str,
        size: f64,
        weight: &str,
        fill: &str,
        text: impl Display,
    ) {
        let text = text.to_string().replace('&', "&amp;").replace('<', "&lt;");
        self.element(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" dy=\"0.5ex\" text-anchor=\"{anchor}\" \
             font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{fill}\">{text}</text>"
        ));
    }
}
