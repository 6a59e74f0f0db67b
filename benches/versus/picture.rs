//! Draws the results as one picture: the speed of each operation relative to std's, and the
//! throughput as threads are added.

use crate::contenders::{ALL, LIMIT, PORTABLE, PROVEN, STANDARD, TRIOMPHE};
use crate::layout::PEERS;
use crate::measure::Row;
use crate::report::Report;
use crate::table;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Colours that colour-blind readers can tell apart.
pub struct Theme {
    pub name: &'static str,
    background: RGBColor,
    text: RGBColor,
    /// The colour of lines in the background.
    grid: RGBColor,
    contenders: [RGBColor; ALL],
}

pub const LIGHT: Theme = Theme {
    name: "light",
    background: RGBColor(255, 255, 255),
    text: RGBColor(31, 35, 40),
    grid: RGBColor(209, 217, 224),
    contenders: [
        RGBColor(89, 99, 110),
        RGBColor(0, 114, 178),
        RGBColor(213, 94, 0),
        RGBColor(170, 68, 153),
        RGBColor(31, 35, 40),
    ],
};

pub const DARK: Theme = Theme {
    name: "dark",
    background: RGBColor(13, 17, 23),
    text: RGBColor(230, 237, 243),
    grid: RGBColor(48, 54, 61),
    contenders: [
        RGBColor(145, 152, 161),
        RGBColor(86, 180, 233),
        RGBColor(230, 159, 0),
        RGBColor(221, 150, 205),
        RGBColor(230, 237, 243),
    ],
};

const WIDTH: u32 = 960;
/// The height of one row of bars.
const LINE: u32 = 21;
const CURVES: u32 = 310;
const HEAD: u32 = 74;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

pub fn svg(report: &Report, theme: &Theme) -> Result<String, String> {
    let sections = table::sections(&report.rows);
    let lines: usize = sections.iter().map(|(_, rows)| 1 + rows.len()).sum();
    let bars = LINE * lines as u32 + 30;
    let mut svg = String::new();
    let draw = |svg: &mut String| -> Drawn {
        let area = SVGBackend::with_string(svg, (WIDTH, HEAD + bars + CURVES)).into_drawing_area();
        area.fill(&theme.background)?;
        let (head, area) = area.split_vertically(HEAD);
        let (above, below) = area.split_vertically(bars);
        theme.head(&head, report)?;
        theme.bars(&above, &sections, lines)?;
        let title = "Throughput of all threads together, in millions a second";
        below.draw(&Text::new(title, (16, 24), theme.bold(17.0)))?;
        let panels = below.margin(36, 0, 0, 0).split_evenly((1, 3));
        for ((name, points), panel) in table::curves(&report.rows).iter().zip(&panels) {
            theme.curve(panel, name, points)?;
        }
        area.present()?;
        Ok(())
    };
    draw(&mut svg).map_err(|error| format!("the picture: {error}"))?;
    Ok(svg)
}

impl Theme {
    fn head(&self, area: &Area, report: &Report) -> Drawn {
        let machine = report.facts.first().map_or("", |(_, machine)| machine);
        let title = "How many times as fast as std's Arc (to the right is faster)";
        area.draw(&Text::new(title, (16, 18), self.bold(17.0)))?;
        area.draw(&Text::new(machine, (16, 40), self.font(12.0, LEFT)))?;
        let legend = [
            (PROVEN, "proven-arc (with quartiles)"),
            (STANDARD, "std"),
            (TRIOMPHE, "triomphe"),
            (PORTABLE, "portable-atomic-util"),
            (LIMIT, "limit (Box, or instructions by hand)"),
        ];
        let mut x = 22;
        for (contender, name) in legend {
            self.mark(area, contender, (x, 61))?;
            area.draw(&Text::new(name, (x + 10, 61), self.font(12.0, LEFT)))?;
            x += 38 + 7 * name.len() as i32;
        }
        Ok(())
    }

    /// A bar from 1.00 to each ratio, and the peers' ratios as marks, on a logarithmic scale.
    fn bars(&self, area: &Area, sections: &[(String, Vec<&Row>)], lines: usize) -> Drawn {
        let rows = sections.iter().flat_map(|(_, rows)| rows);
        let medians: Vec<f64> = rows
            .flat_map(|row| (0..ALL).filter_map(|contender| row.ratio(contender)))
            .map(|ratio| ratio.median)
            .collect();
        let low = medians.iter().copied().fold(0.75, f64::min) / 1.1;
        let high = medians.iter().copied().fold(1.5, f64::max) * 1.1;
        let plot = area.margin(0, 30, 300, 16);
        let plot = plot.apply_coord_spec(Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
            low.log2()..high.log2(),
            0.0..lines as f64,
            plot.get_pixel_range(),
        ));

        for tick in [0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0] {
            if (low..high).contains(&tick) {
                let color = if tick == 1.0 { self.contenders[STANDARD] } else { self.grid };
                let at = |y| (f64::log2(tick), y);
                plot.draw(&PathElement::new([at(0.0), at(lines as f64)], color))?;
                let label = Text::new(tick.to_string(), (0, 8), self.font(12.0, BELOW));
                plot.draw(&(EmptyElement::at(at(lines as f64)) + label))?;
            }
        }

        let mut y = 0.5;
        for (title, rows) in sections {
            let left = |y| EmptyElement::at((low.log2(), y));
            plot.draw(&(left(y) + Text::new(title.clone(), (-284, 0), self.bold(12.5))))?;
            for row in rows {
                y += 1.0;
                let Some(ours) = row.ratio(PROVEN) else { continue };
                plot.draw(&(left(y) + Text::new(row.name, (-62, 0), self.font(12.5, RIGHT))))?;
                let measured = row.measured_ratio(PROVEN).is_some();
                let value = if measured { format!("{:.2}", ours.median) } else { "?".to_owned() };
                let style = self.bold(12.5).color(&self.contenders[PROVEN]).pos(RIGHT);
                plot.draw(&(left(y) + Text::new(value, (-10, 0), style)))?;
                if measured {
                    let bar = [(0.0, y - 0.3), (ours.median.log2(), y + 0.3)];
                    plot.draw(&Rectangle::new(bar, self.contenders[PROVEN].filled()))?;
                }
                let whisker = [(ours.lower.log2(), y), (ours.upper.log2(), y)];
                plot.draw(&PathElement::new(whisker, self.text))?;
                for peer in PEERS {
                    if let Some(ratio) = row.measured_ratio(peer) {
                        self.mark(&plot, peer, (ratio.median.log2(), y))?;
                    }
                }
            }
            y += 1.0;
        }
        Ok(())
    }

    /// Draws the throughput as threads are added.
    fn curve(&self, area: &Area, name: &str, points: &[(usize, &Row)]) -> Drawn {
        let throughput = |contender| {
            let points = points.iter().zip(0..);
            points.filter_map(move |((threads, row), place)| {
                Some((place, table::per_microsecond(row, *threads, contender)?))
            })
        };
        let all = (0..ALL).flat_map(throughput);
        let most = all.map(|(_, throughput)| throughput).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(name, self.bold(13.0))
            .set_label_area_size(LabelAreaPosition::Left, 46)
            .set_label_area_size(LabelAreaPosition::Bottom, 40)
            .build_cartesian_2d(0..points.len() as i32 - 1, 0.0..most * 1.1)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(self.grid)
            .axis_style(self.grid)
            .label_style(self.font(12.0, LEFT))
            .axis_desc_style(self.font(12.0, LEFT))
            .x_labels(points.len())
            .x_label_formatter(&|place| points[*place as usize].0.to_string())
            .y_labels(6)
            .y_label_formatter(&|throughput| format!("{throughput:.0}"))
            .x_desc("threads")
            .draw()?;
        // Ours is drawn last, on top.
        for contender in [LIMIT, PORTABLE, TRIOMPHE, STANDARD, PROVEN] {
            let color = self.contenders[contender].stroke_width(2);
            chart.draw_series(LineSeries::new(throughput(contender), color))?;
            for point in throughput(contender) {
                self.mark(chart.plotting_area(), contender, point)?;
            }
        }
        Ok(())
    }

    /// The mark of a contender, by colour and shape.
    fn mark<C: CoordTranslate>(
        &self,
        area: &DrawingArea<SVGBackend, C>,
        contender: usize,
        at: C::From,
    ) -> Drawn
    where
        C::From: Clone,
    {
        let color = self.contenders[contender];
        let at = EmptyElement::at(at);
        match contender {
            STANDARD => area.draw(&(at + Circle::new((0, 0), 4, color.filled())))?,
            PROVEN => area.draw(&(at + Rectangle::new([(-4, -4), (4, 4)], color.filled())))?,
            TRIOMPHE => area.draw(&(at + Circle::new((0, 0), 4, color.stroke_width(2))))?,
            PORTABLE => {
                let corners = [(0, -5), (5, 0), (0, 5), (-5, 0)];
                area.draw(&(at + Polygon::new(corners, color.filled())))?;
            }
            _ => area.draw(&(at + PathElement::new([(0, -7), (0, 7)], color.stroke_width(2))))?,
        }
        Ok(())
    }

    /// A font of `size` pixels.
    fn font(&self, size: f64, anchor: Pos) -> TextStyle<'_> {
        self.text(size, FontStyle::Normal).pos(anchor)
    }

    fn bold(&self, size: f64) -> TextStyle<'_> {
        self.text(size, FontStyle::Bold).pos(LEFT)
    }

    fn text(&self, size: f64, style: FontStyle) -> TextStyle<'_> {
        // The SVG backend divides the size by this factor.
        const BACKEND: f64 = 1.24;
        let family = FontFamily::Name("system-ui, Segoe UI, Helvetica, Arial, sans-serif");
        TextStyle::from((family, size * BACKEND, style)).color(&self.text)
    }
}

const LEFT: Pos = Pos { h_pos: HPos::Left, v_pos: VPos::Center };
const BELOW: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Top };
const RIGHT: Pos = Pos { h_pos: HPos::Right, v_pos: VPos::Center };
